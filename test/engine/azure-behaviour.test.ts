import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import type { AzureBehaviour } from "../../local/cloud/azure-behaviour";
import { ServedCloud } from "../../local/served-cloud";
import { CleanUp } from "../harness/clean-up";
import { summary } from "../harness/engine-events";
import { EngineProject } from "../harness/engine-project";
import { names } from "../harness/names";
import { Pulumi, type PulumiStack, skipWithoutPulumi } from "../harness/pulumi";

const appService = "https://appservice.azure.com";
const resourceManager = "https://management.azure.com";
const directLine = `resources:Deployment ${names.bot}-direct-line`;

describe("Azure's behaviour differs between subscriptions", { skip: skipWithoutPulumi }, () => {
  let project: EngineProject;
  let cleanUp: CleanUp;
  before(() => {
    project = EngineProject.make();
  });
  after(() => project?.remove());

  /** Runs a test in a cloud of its own, whose apps are stand-ins. */
  function inCloud(title: string, azure: AzureBehaviour, work: (stack: PulumiStack, world: World) => Promise<void>) {
    test(title, async () => {
      cleanUp = new CleanUp();
      try {
        const lines: string[] = [];
        const log = (_source: string, line: string) => lines.push(line);
        const served = await ServedCloud.open({ apps: "stand-in", azure, log });
        cleanUp.add(() => served.close());
        const pulumi = await Pulumi.open(project, served.env);
        const stack = await pulumi.stack(title.replaceAll(/\W+/g, "-").slice(0, 40), served.config);
        await work(stack, { served, lines });
      } finally {
        await cleanUp.now();
      }
    });
  }

  for (const directLineWithBot of [true, false]) {
    const when = directLineWithBot ? "made with the bot" : "not made with the bot";
    inCloud(`Direct Line is ${when}`, { directLineWithBot }, async (stack, { served }) => {
      await stack.up();
      const { botName = "" } = await stack.outputs();
      const keys = served.cloud.botService.directLineKeys(botName);
      assert.ok(keys);
      assert.deepEqual(await stack.up("--expect-no-changes"), []);
      assert.deepEqual(await stack.refresh("--expect-no-changes"), []);

      const state = await stack.export();
      for (const key of Object.values(keys)) assert.ok(!state.includes(key), "the state has a key in clear");
      assert.doesNotMatch(state, /extensionKey/);

      await stack.destroy();
      assert.deepEqual(served.resources.all, []);
      assert.equal(served.cloud.botService.bot(botName), undefined, "the channel went with its bot");
    });
  }

  inCloud("Direct Line was switched off by hand", {}, async (stack, { served }) => {
    await stack.up();
    const { botName = "" } = await stack.outputs();
    served.cloud.botService.disableDirectLine(botName);
    const { succeeded, said } = await stack.attempt("up");
    assert.equal(succeeded, false);
    const [, urn = ""] = /"pulumi up --replace '(.+)'" switches it on again/.exec(said) ?? assert.fail(said);
    await stack.preview("--replace", urn);
    const changes = summary(await stack.up("--replace", urn));
    assert.deepEqual(
      changes.filter((change) => change.endsWith(directLine)),
      [`create-replacement ${directLine}`, `delete-replaced ${directLine}`, `replace ${directLine}`],
    );
    assert.ok(served.cloud.botService.directLineKeys(botName));
  });

  const inOldWorld: AzureBehaviour = { directLineWithBot: false };
  inCloud("Direct Line was made by an earlier version, as a channel", inOldWorld, async (stack, { served }) => {
    const file = path.join(project.folder, "infra/resources/bot.ts");
    const program = readFileSync(file, "utf8");
    const args = "{ ...ofBot, channelName: directLineChannel, properties: channel.properties }";
    const earlier = program.replace(
      /(?<=return )new resources\.Deployment\((.+?), \{.+?\}, (.+?)\);/,
      `new botservice.Channel($1, ${args}, $2);`,
    );
    assert.notEqual(earlier, program);
    writeFileSync(file, earlier);
    await stack.up();
    writeFileSync(file, program);
    const { botName = "" } = await stack.outputs();
    const keys = served.cloud.botService.directLineKeys(botName);
    assert.ok(keys);

    // As docs/azure.md says.
    const channel = (await stack.preview()).find(({ op }) => op === "delete");
    assert.equal(channel?.name, `${names.bot}-direct-line`);
    await stack.up("--exclude", channel.urn);
    await stack.pulumi.succeed(["state", "delete", channel.urn, "--yes", "--stack", stack.name]);
    assert.deepEqual(await stack.up("--expect-no-changes"), []);
    assert.deepEqual(served.cloud.botService.directLineKeys(botName), keys);
  });

  inCloud("no resource provider is registered", { registeredProviders: "none" }, async (stack, { lines }) => {
    await stack.up();
    const registered = lines.flatMap((line) => /^The resource provider (.+) was registered/.exec(line)?.[1] ?? []);
    assert.deepEqual(registered.sort(), [
      "Microsoft.BotService",
      "Microsoft.Insights",
      "Microsoft.KeyVault",
      "Microsoft.ManagedIdentity",
      "Microsoft.OperationalInsights",
      "Microsoft.Storage",
      "Microsoft.Web",
    ]);
    assert.deepEqual(await stack.up("--expect-no-changes"), []);
  });

  const noRight: AzureBehaviour = { registeredProviders: "none", mayRegisterProviders: false };
  inCloud("the deployer is not allowed to register a resource provider", noRight, async (stack) => {
    const { succeeded, said } = await stack.attempt("up");
    assert.equal(succeeded, false);
    assert.match(said, /AuthorizationFailed: .*'Microsoft\.\w+\/register\/action'/);
  });

  const noAppService: AzureBehaviour = { refusedAudiences: [appService] };
  inCloud("the login gets no token for App Service, and the other one is used", noAppService, async (stack) => {
    await stack.preview();
    const { succeeded, said, warnings } = await stack.attempt("up");
    assert.ok(succeeded, said);
    const told = warnings.filter((warning) => warning.includes("Your login gets no token for App Service"));
    assert.equal(told.length, 2, said);
    for (const warning of told)
      assert.ok(warning.includes(`Audience ${appService} is not a supported MSI token audience`));
    assert.deepEqual(await stack.up("--expect-no-changes"), []);
  });

  const noToken: AzureBehaviour = { refusedAudiences: [appService, resourceManager] };
  inCloud("the login gets no token at all", noToken, async (stack) => {
    const { succeeded, errors, said } = await stack.attempt("up");
    assert.equal(succeeded, false);
    assert.match(
      errors.join("\n"),
      /your login gets no token for Azure Resource Manager \(.*audience\) and none for App Service \(.*audience\)\. Log in again/,
      said,
    );
  });
});

interface World {
  served: ServedCloud;
  lines: string[];
}
