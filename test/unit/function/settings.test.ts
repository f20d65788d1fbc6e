import assert from "node:assert/strict";
import { test } from "node:test";
import { readSettings } from "../../../function/settings";

const good = {
  AzureWebJobsStorage__clientId: "6f0b1d2e-5a66-4c1c-9d0b-3f6c8a7e9b10",
  AzureWebJobsStorage__tableServiceUri: "https://account.table.core.windows.net/",
  QUEUE_URL: "https://account.queue.core.windows.net/bot-queue",
  DELIVERY: "directLine",
  DIRECT_LINE_ENDPOINT: "https://directline.botframework.com",
  NOTIFY_URL: "https://bot.example.com/api/notify",
  VAULT_URL: "https://the-vault.vault.azure.net",
  VAULT_AUDIENCE: "https://vault.azure.net",
  SCHEDULES: '[{"cron":"0 0 9 * * 1-5"}]',
  DELIVERY_DAYS: "30",
  REFERENCE_DAYS: "90",
  SENDS_PER_SECOND: "40",
};

test("the settings that infra writes are read", () => {
  assert.deepEqual(readSettings({ ...good, MORE: "of the platform's" }), {
    clientId: good.AzureWebJobsStorage__clientId,
    queueUrl: good.QUEUE_URL,
    tableServiceUrl: good.AzureWebJobsStorage__tableServiceUri,
    delivery: "directLine",
    directLine: good.DIRECT_LINE_ENDPOINT,
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
    const wrong = Object.fromEntries(Object.keys(good).map((name) => [name, value]));
    assert.throws(
      () => readSettings(wrong),
      (error: Error) => {
        for (const name of Object.keys(good)) assert.match(error.message, new RegExp(`\\b${name}: `));
        return /\(infra\/\)/.test(error.message) && !error.message.includes("ulterior");
      },
    );
  }
});
