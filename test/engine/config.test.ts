import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { projectName } from "../../local/project";
import { childProcesses } from "../harness/child-processes";
import { type Step, summary } from "../harness/engine-events";
import { EngineStage } from "../harness/engine-stage";
import { names } from "../harness/names";
import { type PulumiStack, skipWithoutPulumi } from "../harness/pulumi";
import { roundTrip } from "./round-trip";

const botSettings = `update web:WebAppApplicationSettings ${names.bot}-settings`;
const functionSettings = `update web:WebAppApplicationSettings ${names.function}-settings`;
const botRelease = `update dynamic:Resource ${names.bot}-release`;
const bot = `update botservice:Bot ${names.bot}`;
const alert = [`monitor:ActionGroup ${names.bot}-operators`, `monitor:ScheduledQueryRule ${names.bot}-poison-alert`];

/** What a change of one setting does. */
const effects: { key: string; value: string; does: string[] }[] = [
  { key: "botDisplayName", value: "Somebody else", does: [bot] },
  { key: "botSku", value: "S1", does: [bot] },
  { key: "appServiceSku", value: "B2", does: [`update web:AppServicePlan ${names.bot}`] },
  { key: "instances", value: "3", does: [`update web:AppServicePlan ${names.bot}`, functionSettings] },
  { key: "serviceHosts", value: '["bots.example.com"]', does: [botSettings] },
  { key: "delivery", value: "api", does: [functionSettings] },
  { key: "schedules", value: '[{"cron":"0 0 9 * * 1-5","dialog":"learner"}]', does: [functionSettings] },
  { key: "deliveryDays", value: "7", does: [functionSettings] },
  { key: "referenceDays", value: "0", does: [functionSettings] },
  { key: "sendsPerSecond", value: "20", does: [functionSettings] },
  { key: "alertEmail", value: "ops@example.com", does: alert.map((resource) => `create ${resource}`) },
  { key: "releaseTimeout", value: "1300", does: [] },
  {
    key: "operatorObjectId",
    value: "7f1b6b5e-3f0c-4b7e-9a3c-2f6f4d0f9b11",
    does: ["queueDataContributor-poison", "queueDataContributor-queue"]
      .concat(["botstate", "deliveries", "references"].map((table) => `tableDataContributor-${table}`))
      .flatMap((role) => replaced("authorization:RoleAssignment", `operator-${role}`)),
  },
];

describe("one setting changed", { skip: skipWithoutPulumi }, () => {
  let stage: EngineStage;
  let cloud: EngineStage["cloud"];
  let hand: EngineStage["hand"];
  let stack: PulumiStack;
  before(async () => {
    stage = await EngineStage.open();
    ({ cloud, hand } = stage);
    stack = await stage.stack("dev");
    await stack.up();
  });
  after(() => stage?.close());

  // A preview is mostly Node's own work: two at a time use two cores.
  describe("previews", { concurrency: 2 }, () => {
    for (const { key, value, does } of effects) {
      const what = does.length ? "changes only the resources that it is for" : "changes no resource";
      test(`${key} ${what}`, async () => {
        assert.deepEqual(summary(await stack.previewWith({ [key]: value })), does.toSorted());
      });
    }

    test("zoneRedundant changes the plan, and its instances the function's share of the rate", async () => {
      const settings = { appServiceSku: "P0v3", instances: "2", zoneRedundant: "true" };
      const plan = `update web:AppServicePlan ${names.bot}`;
      assert.deepEqual(summary(await stack.previewWith(settings)), [plan, functionSettings]);
    });

    test("more instances than the plan's size allows are refused before a resource is made", async () => {
      await assert.rejects(
        stack.previewWith({ instances: "4" }),
        new RegExp(`${projectName}:instances is "4": must be at most 3 with ${projectName}:appServiceSku B1`),
      );
    });

    test("cloud changes only the settings that use its row", async () => {
      const row = { ...JSON.parse(cloud.description.config.cloud ?? ""), callerId: "urn:botframework:another" };
      assert.deepEqual(summary(await stack.previewWith({ cloud: JSON.stringify(row) })), [botSettings]);
    });

    test("environment replaces everything but the webhook's secret", async () => {
      const all = await everythingButTheSecret();
      const steps = await stack.previewWith({ "azure-native:environment": "usgovernment" });
      assert.deepEqual(replacedBy(steps), all);
    });
  });

  test("instances runs both apps on as many processes, and the bot answers on all of them", async () => {
    const children = childProcesses(cloud.pid).length;
    await stack.set({ instances: "2" });
    const changes = [`update web:AppServicePlan ${names.bot}`, functionSettings];
    assert.deepEqual(summary(await stack.up()), changes);
    assert.equal(childProcesses(cloud.pid).length, children + 2);
    await roundTrip(await stack.outputs(), "on two instances");
    await stack.unset("instances");
    assert.deepEqual(summary(await stack.up()), changes);
    assert.equal(childProcesses(cloud.pid).length, children);
  });

  test("nodeVersion changes both sites", async () => {
    await stack.set({ nodeVersion: "24" });
    // Not by preview: there the address of a site that changes is not known, and so the bot's endpoint might change, too.
    assert.deepEqual(summary(await stack.up()), [
      `update web:WebApp ${names.bot}`,
      `update web:WebApp ${names.function}`,
    ]);
  });

  test("storageSku changes the storage account, and nothing else", async () => {
    await stack.set({ storageSku: "Standard_GRS" });
    assert.deepEqual(summary(await stack.up()), [`update storage:StorageAccount ${names.storageAccount}`]);
  });

  test("tags update every resource that takes tags, and nothing else", async () => {
    await stack.set({ tags: '{"costCenter":"1234"}' });
    const steps = await stack.up(); // not by preview, as with nodeVersion
    const types = new Set(summary(steps).map((step) => step.split(" ").slice(0, 2).join(" ")));
    const tagged = [
      "applicationinsights:Component",
      "botservice:Bot",
      "resources:Deployment",
      "keyvault:Secret",
      "keyvault:Vault",
      "managedidentity:UserAssignedIdentity",
      "operationalinsights:Workspace",
      "resources:ResourceGroup",
      "storage:StorageAccount",
      "web:AppServicePlan",
      "web:WebApp",
    ];
    for (const type of tagged) assert.ok(types.has(`update ${type}`), type);
    assert.deepEqual(
      steps.filter(({ op }) => op !== "update"),
      [],
    );
    const { tags } = await hand.find(/\/storageAccounts\/[^/]+$/);
    assert.deepEqual(tags, { costCenter: "1234", project: projectName, stack: "dev" });
  });

  test("queueName replaces the queues and their roles, and changes the apps' settings", async () => {
    await stack.set({ queueName: "another-queue" });
    const roles = (suffix: string) =>
      ["bot-queueDataReader", "bot-queueMessageSender", "operator-queueDataContributor"].map(
        (role) => `${role}-${suffix}`,
      );
    const expected = [
      botSettings,
      functionSettings,
      ...["queue", "poison"].flatMap((queue) => replaced("storage:Queue", `${names.bot}-${queue}`)),
      ...[...roles("queue"), ...roles("poison")].flatMap((role) => replaced("authorization:RoleAssignment", role)),
    ];
    assert.deepEqual(summary(await stack.up()), expected.sort());
    await roundTrip(await stack.outputs(), "over another queue");
  });

  test("webhookVersion rotates the webhook's secret, and nothing else", async () => {
    const { webhookSecret } = await stack.outputs();
    await stack.set({ webhookVersion: "2" });
    const expected = [
      ...replaced("index/randomBytes:RandomBytes", `${names.bot}-webhook`),
      "update keyvault:Secret webhook",
    ];
    assert.deepEqual(summary(await stack.up()), expected.sort());
    const outputs = await stack.outputs();
    assert.notEqual(outputs.webhookSecret, webhookSecret);
    await roundTrip(outputs, "signed with another secret");
  });

  test("schedules can be set one by one, and change only the function's settings", async () => {
    const set = (path: string, value: string, ...flags: string[]) =>
      stack.pulumi.succeed(["config", "set", path, value, "--path", "--stack", stack.name, ...flags]);
    await set("schedules[0].cron", "0 0 9 * * 1-5");
    await set("schedules[0].text", "Good day");
    await set("schedules[0].to[0]", "12345");
    // On a path Pulumi makes a number of what looks like one.
    const { said } = await stack.attempt("preview");
    assert.match(said, new RegExp(`${projectName}:schedules\\[0\\]\\.to(\\[0\\])? is \\[?12345\\]?: `));

    await set("schedules[0].to[0]", "12345", "--type", "string");
    assert.deepEqual(summary(await stack.up()), [functionSettings]);
    const { properties } = await hand.find(new RegExp(`/sites/${names.function}[0-9a-f]{8}/config/appsettings$`));
    assert.deepEqual(JSON.parse((properties as Record<string, string>).SCHEDULES ?? ""), [
      { name: "schedule1", cron: "0 0 9 * * 1-5", text: "Good day", to: ["12345"] },
    ]);
  });

  test("alertEmail makes an alert, and another address changes only its recipient", async () => {
    await stack.set({ alertEmail: "ops@example.com" });
    assert.deepEqual(
      summary(await stack.up()),
      alert.map((resource) => `create ${resource}`),
    );
    const steps = await stack.previewWith({ alertEmail: "others@example.com" });
    assert.deepEqual(summary(steps), [`update monitor:ActionGroup ${names.bot}-operators`]);
  });

  test("location replaces everything but the webhook's secret, and the bot answers there", async () => {
    const all = await everythingButTheSecret();
    const { webhookSecret } = await stack.outputs();
    await stack.set({ "azure-native:location": "northeurope" });
    assert.deepEqual(replacedBy(await stack.up()), all);
    const outputs = await stack.outputs();
    const group = `/resourceGroups/${outputs.resourceGroupName}`;
    assert.deepEqual(
      (await hand.resources()).filter(({ id }) => !id.includes(group)),
      [],
    );
    assert.equal(outputs.webhookSecret, webhookSecret);
    await roundTrip(outputs, "from another place");
  });

  test("without alertEmail the alert is deleted", async () => {
    await stack.unset("alertEmail");
    assert.deepEqual(
      summary(await stack.up()),
      alert.map((resource) => `delete ${resource}`),
    );
  });

  test("teams adds a channel", async () => {
    await stack.set({ teams: "true" });
    assert.deepEqual(summary(await stack.up()), [`create botservice:Channel ${names.bot}-teams`]);
  });

  test("webChat removes the page from the bot's address", async () => {
    const { webChatUrl = "" } = await stack.outputs();
    assert.equal((await fetch(webChatUrl)).status, 200);
    await stack.set({ webChat: "false" });
    assert.deepEqual(summary(await stack.up()), [botRelease, botSettings]);
    assert.equal((await fetch(webChatUrl)).status, 404);
    assert.equal((await stack.outputs()).webChatUrl, undefined);
  });

  /** URNs, sorted. */
  async function everythingButTheSecret(): Promise<string[]> {
    const { resources } = JSON.parse(await stack.export()).deployment as {
      resources: { urn: string; type: string; custom: boolean }[];
    };
    return resources
      .filter(({ type, custom }) => custom && !type.startsWith("pulumi:providers:"))
      .map(({ urn }) => urn)
      .filter((urn) => !urn.endsWith(`RandomBytes::${names.bot}-webhook`))
      .sort();
  }
});

/** URNs, sorted. */
function replacedBy(steps: Step[]): string[] {
  return steps
    .filter(({ op }) => op === "replace")
    .map(({ urn }) => urn)
    .sort();
}

/** The steps of a replacement, as the engine tells them. */
function replaced(type: string, name: string): string[] {
  return ["create-replacement", "delete-replaced", "replace"].map((op) => `${op} ${type} ${name}`);
}
