import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import type { CloudProvider, Named } from "../../local/provider/cloud-provider";
import { LocalGitHub, skipWithoutTools } from "./local-github";

const nothing = async (_resource: Named) => {};
const up = "environment.yml up";
const down = "environment.yml down";
const select = "environment.yml select";

describe("the environment workflow", { skip: skipWithoutTools }, () => {
  let local: LocalGitHub;
  /** What happens before Azure makes or deletes a resource. */
  let beforeCreate = nothing;
  let beforeDelete = nothing;

  before(async () => {
    local = await LocalGitHub.open({ around: interrupted });
  });

  afterEach(() => {
    beforeCreate = beforeDelete = nothing;
  });

  after(() => local?.close());

  function interrupted(provider: CloudProvider): CloudProvider {
    const create = provider.create.bind(provider);
    const del = provider.delete.bind(provider);
    provider.create = async (resource, inputs) => {
      await beforeCreate(resource);
      return create(resource, inputs);
    };
    provider.delete = async (resource, id) => {
      await beforeDelete(resource);
      return del(resource, id);
    };
    return provider;
  }

  /** Ids of all that is in Azure, or of what carries this stack's tag. */
  const inAzure = (stack?: string) =>
    local.served.resources.all
      .filter(({ token }) => token.startsWith("azure-native:"))
      .filter(({ outputs }) => !stack || (outputs.tags as Record<string, string> | undefined)?.stack === stack)
      .map(({ id }) => id);
  const keptVaults = () => local.served.resources.deletedVaults.map(({ name }) => name);

  function nothingIsLeft(): void {
    assert.deepEqual(inAzure(), []);
    assert.deepEqual(keptVaults(), []);
    assert.deepEqual(local.stacks, []);
  }

  const isBot = ({ type }: Named) => type === "azure-native:botservice:Bot";

  /** The machine is gone when `up` has come to the bot's registration; Azure does not hear of it and goes on. */
  async function killedUp(number: number): Promise<void> {
    const job = local.job(up, number);
    beforeCreate = async (resource) => {
      if (isBot(resource)) job.kill();
    };
    assert.equal((await job.run()).succeeded, false);
    beforeCreate = nothing;
  }

  test("brings an environment up, says where it is, updates it, and leaves nothing of it", async () => {
    const { outputs, summary } = await local.run(up, 7);
    assert.match(outputs["up.url"] ?? "", /^https:\/\//);
    assert.match(summary, /### pr-7/);
    assert.match(summary, /\| `queueName` \| bot-queue \|/);
    assert.match(summary, /\| `webhookSecret` \| \[secret\] \|/);
    assert.ok(inAzure("pr-7").length > 5);

    const made = inAzure();
    await local.run(up, 7); // another push, on another machine
    assert.deepEqual(inAzure(), made);

    const { said } = await local.run(down, 7);
    assert.match(said, /azure-native:web:WebApp .*deleted/);
    assert.doesNotMatch(said, /pulumi-nodejs:dynamic/); // code in the state, which destroying would run
    nothingIsLeft();
  });

  test("tears down what is gone already, and what never was", async () => {
    for (const number of [7, 8]) assert.match((await local.run(down, number)).said, /The stack pr-\d does not exist/);
  });

  test("tears down what a killed run has left half made, and what a killed teardown has left", async () => {
    await killedUp(7);
    assert.ok(inAzure("pr-7").length > 1);

    const killed = local.job(down, 7);
    beforeDelete = async (resource) => {
      if (isBot(resource) || resource.type.endsWith(":Vault")) killed.kill();
    };
    assert.equal((await killed.run()).succeeded, false);
    beforeDelete = nothing;

    await local.run(down, 7);
    nothingIsLeft();
  });

  test("comes up with the next push after a killed run", async (t) => {
    await killedUp(7);
    await local.run(up, 7);

    await t.test("is torn down although Azure will not delete something by itself", async () => {
      beforeDelete = async (resource) => {
        if (resource.type.endsWith(":StorageAccount")) throw new Error("Conflict: try again later");
      };
      assert.match((await local.run(down, 7)).said, /Conflict: try again later/);
      nothingIsLeft();
    });
  });

  describe("next to others", () => {
    test("finds those that are forgotten: closed, without the label, not updated for days, or unknown to the backend", async () => {
      const label = { name: "environment" };
      const numbers = async () => JSON.parse((await local.run(select)).outputs["select.numbers"] ?? "");
      await local.run(up, 7);
      local.loseStacks();
      await local.run(up, 8);

      local.gitHub = { pulls: [{ number: 8, labels: [label] }], comments: [] };
      assert.deepEqual(await numbers(), [7]);
      local.gitHub = { pulls: [7, 8].map((number) => ({ number, labels: [label] })), comments: [] };
      assert.deepEqual(await numbers(), [7]);
      local.days = "0";
      assert.deepEqual(await numbers(), [7, 8]);
      local.days = "";
      local.gitHub = { pulls: [{ number: 8, labels: [{ name: "other" }] }], comments: [] };
      assert.deepEqual(await numbers(), [7, 8]);
    });

    test("tears down the one that is asked for", async () => {
      assert.equal((await local.run(select, 8)).outputs["select.numbers"], "[8]");
      for (const number of ["0", "8]; echo", "production"]) {
        assert.match((await local.job(select, number).run()).said, /Not the number of a pull request/);
        assert.equal((await local.job(down, number).run()).succeeded, false);
      }
    });

    test("removes what the state does not know, and nothing of the others", async () => {
      const others = inAzure("pr-8");
      await local.run(down, 7);
      assert.deepEqual(inAzure("pr-7"), []);
      assert.deepEqual(inAzure("pr-8"), others);
      assert.deepEqual(keptVaults(), []);
      assert.deepEqual(local.stacks, ["pr-8"]);
    });

    test("names a vault that it may not purge, and purges it when it may", async () => {
      local.mayPurge = false;
      const { said } = await local.run(down, 8);
      const [vault] = keptVaults();
      assert.match(said, new RegExp(`::warning::The vault ${vault} could not be purged. Azure deletes it on \\d{4}-`));
      local.mayPurge = true;
      await local.run(down, 8);
      nothingIsLeft();
    });
  });
});
