import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { names } from "../harness/names";
import { LocalGitHub, skipWithoutTools } from "./local-github";

const preview = "ci.yml preview";
const comment = "ci.yml comment";

describe("the ci and deploy workflows", { skip: skipWithoutTools }, () => {
  let local: LocalGitHub;

  before(async () => {
    local = await LocalGitHub.open();
  });

  after(() => local?.close());

  /** The one comment on the pull request, once the job has run. */
  async function commented(): Promise<string> {
    await local.run(comment, 7);
    const [one, ...others] = local.gitHub.comments;
    assert.deepEqual(others, []);
    return one?.body ?? "";
  }

  test("a preview says what the first deployment would make, and makes nothing", async () => {
    await local.run(preview, 7);
    assert.match(await commented(), /The stack production does not exist yet.*\+ \d\d to create/s);
    assert.deepEqual(local.served.resources.all, []);
    assert.deepEqual(local.stacks, []);
  });

  test("a deployment brings production up and shows its outputs", async () => {
    const { outputs, summary } = await local.run("deploy.yml up");
    assert.match(outputs["up.url"] ?? "", /^https:\/\//);
    assert.match(summary, /\| `webhookSecret` \| \[secret\] \|/);
    assert.deepEqual(local.stacks, ["production"]);
  });

  test("a preview then says what a change would do, in the same comment", async () => {
    local.config = { botDisplayName: "Another name" };
    await local.run(preview, 7);
    assert.match(
      await commented(),
      new RegExp(`~ {2}azure-native:botservice:Bot ${names.bot} update.*~ 1 to update`, "s"),
    );
    const inputs = local.served.resources.all.map(({ inputs }) => JSON.stringify(inputs));
    assert.ok(!inputs.some((one) => one.includes("Another name")));
  });

  test("a preview that fails says why in the comment", async () => {
    local.config = { botSku: "gold" };
    assert.equal((await local.job(preview, 7).run()).succeeded, false);
    assert.match(await commented(), /botSku is "gold": must be F0 or S1/);
  });

  test("a text cannot leave its code block, and only its end is shown when it is too long", async () => {
    const end = "\x1b[31mred\x1b[0m\n```\n# not a title @someone\n````\nthe end";
    writeFileSync(local.artifact("preview", "preview.txt"), `${"x".repeat(100_000)}\n${end}\n`);
    const body = await commented();
    assert.ok(body.length < 65_536);
    assert.ok(body.endsWith("\nred\n```\n# not a title @someone\n````\nthe end\n`````\n"), body.slice(-200));
    assert.match(body, /\n`````\nx/);
  });

  test("what a preview made does not replace the script that shows it", async () => {
    writeFileSync(local.artifact("preview", ".github/scripts/comment"), "#!/bin/sh\necho replaced\n", { mode: 0o755 });
    writeFileSync(local.artifact("preview", "preview.txt"), "the text\n");
    assert.match(await commented(), /\nthe text\n/);
  });

  test("nothing runs where the backend's secret is missing", async () => {
    local.secrets = { PULUMI_CONFIG_PASSPHRASE: "" };
    for (const name of [preview, "deploy.yml up"]) {
      const { succeeded, said } = await local.job(name, 7).run();
      assert.equal(succeeded, false);
      assert.match(said, /needs the secret PULUMI_CONFIG_PASSPHRASE\. See docs\/ci.md/);
    }
  });
});
