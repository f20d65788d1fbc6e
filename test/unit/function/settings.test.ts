import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { before, test } from "node:test";
import { readSettings } from "../../../function/settings";
import { assertIncludes } from "../helpers/assert-includes";
import { appSettings, deploy } from "../infra/deployment";

/** The app settings that the program computes. Identities have other ids under mocks than in Azure. */
let good: Record<string, string>;
before(async () => {
  const config = { "acme-bot:schedules": '[{"cron":"0 0 9 * * 1-5"}]' };
  const settings = appSettings(await deploy(config), "acme-function");
  good = { ...settings, AzureWebJobsStorage__clientId: randomUUID() };
});

/** The settings without which the function does not start. */
const required = [
  "AzureWebJobsStorage__clientId",
  "AzureWebJobsStorage__tableServiceUri",
  "QUEUE_URL",
  "DELIVERY",
  "DIRECT_LINE_ENDPOINT",
  "NOTIFY_URL",
  "VAULT_URL",
  "VAULT_AUDIENCE",
  "SCHEDULES",
  "DELIVERY_DAYS",
  "REFERENCE_DAYS",
  "SENDS_PER_SECOND",
];

test("the settings that the program computes are read", () => {
  assertIncludes(readSettings({ ...good, MORE: "of the platform's" }), {
    clientId: good.AzureWebJobsStorage__clientId,
    queueUrl: good.QUEUE_URL,
    tableServiceUrl: good.AzureWebJobsStorage__tableServiceUri,
    delivery: "directLine",
    directLine: "https://directline.botframework.com",
    notifyUrl: good.NOTIFY_URL,
    vault: { url: good.VAULT_URL, audience: good.VAULT_AUDIENCE },
    schedules: [{ name: "schedule1", cron: "0 0 9 * * 1-5", to: "all" }],
    deliveryDays: 30,
    referenceDays: 90,
    sendsPerSecond: 40,
    instances: 1,
  });
});

test("visitors can be kept for ever, and the app can run on several instances", () => {
  const { referenceDays, instances } = readSettings({ ...good, REFERENCE_DAYS: "0", INSTANCES: "3" });
  assert.deepEqual([referenceDays, instances], [0, 3]);
});

test("every missing or wrong app setting is named at once, and no value is repeated", () => {
  for (const value of [undefined, "", "ulterior"]) {
    const wrong = Object.fromEntries(required.map((name) => [name, value]));
    assert.throws(
      () => readSettings(wrong),
      (error: Error) => {
        for (const name of required) assert.match(error.message, new RegExp(`\\b${name}: `));
        return /\(infra\/\)/.test(error.message) && !error.message.includes("ulterior");
      },
    );
  }
});
