import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { projectName } from "../../local/project";
import { summary } from "../harness/engine-events";
import { EngineStage } from "../harness/engine-stage";
import { names } from "../harness/names";
import { type PulumiStack, skipWithoutPulumi } from "../harness/pulumi";
import { roundTrip } from "./round-trip";

/** What was changed or deleted, each with the word of what `verb` does to it. */
function drifted(verb: "create" | "delete"): string[] {
  // What were roles on the queue and on Application Insights went with them.
  const roles = [
    "bot-queueDataReader-poison",
    "bot-queueMessageSender-poison",
    "function-metricsPublisher-insights",
    "operator-queueDataContributor-poison",
  ];
  return [
    `${verb} applicationinsights:Component ${names.bot}-insights`,
    ...["bot-keyVaultSecretsUser-vault", ...roles].map((role) => `${verb} authorization:RoleAssignment ${role}`),
    `${verb} storage:Queue ${names.bot}-poison`,
    `update storage:StorageAccount ${names.storageAccount}`,
    `update web:WebAppApplicationSettings ${names.bot}-settings`,
  ];
}

describe("a change by hand", { skip: skipWithoutPulumi }, () => {
  let stage: EngineStage;
  let hand: EngineStage["hand"];
  let stack: PulumiStack;
  before(async () => {
    stage = await EngineStage.open();
    ({ hand } = stage);
    stack = await stage.stack("dev");
    await stack.set({ alertEmail: "ops@example.com" });
    await stack.up();
  });
  after(() => stage?.close());

  test("is found by refresh", async () => {
    const account = await hand.find(/\/storageAccounts\/[^/]+$/);
    await hand.patch(account.id, { tags: { owner: "somebody" } });
    const settings = await hand.find(new RegExp(`/sites/${names.bot}[0-9a-f]{8}/config/appsettings$`));
    await hand.patch(settings.id, { properties: { QUEUE_URL: "https://127.0.0.1:1/elsewhere" } });
    const role = await hand.find(await roleOf("bot-keyVaultSecretsUser-vault"));
    await hand.delete(role.id);
    const queue = await hand.find("/queues/bot-queue-poison");
    await hand.delete(queue.id);
    const insights = await hand.find(/\/components\/[^/]+$/);
    await hand.delete(insights.id);

    assert.deepEqual(summary(await stack.refresh()), drifted("delete"));
  });

  test("is healed by up", async () => {
    // The new Application Insights has another id; an alert cannot be moved to it.
    const alert = `monitor:ScheduledQueryRule ${names.bot}-poison-alert`;
    const moved = ["create-replacement", "delete-replaced", "replace"].map((op) => `${op} ${alert}`);
    const told = `update web:WebAppApplicationSettings ${names.function}-settings`;
    assert.deepEqual(summary(await stack.up()), [...drifted("create"), ...moved, told].sort());
    const account = await hand.find(/\/storageAccounts\/[^/]+$/);
    assert.deepEqual(account.tags, { project: projectName, stack: "dev" });
    assert.deepEqual(await stack.refresh("--expect-no-changes"), []);
    await roundTrip(await stack.outputs(), "all is well again");
  });

  /** The end of the id of what the program calls so. */
  async function roleOf(name: string): Promise<string> {
    const { resources } = JSON.parse(await stack.export()).deployment as { resources: { urn: string; id: string }[] };
    return resources.find(({ urn }) => urn.endsWith(`::${name}`))?.id ?? "";
  }
});
