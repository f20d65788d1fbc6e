import assert from "node:assert/strict";
import { test } from "node:test";
import { readSettings } from "../../bot/settings";

const key = Buffer.alloc(32, 7).toString("base64");
const good = {
  PORT: "8081",
  MicrosoftAppId: "6f0b1d2e-5a66-4c1c-9d0b-3f6c8a7e9b10",
  MicrosoftAppTenantId: "7f0b1d2e-5a66-4c1c-9d0b-3f6c8a7e9b10",
  MicrosoftAppType: "UserAssignedMSI",
  QUEUE_URL: "https://account.queue.core.windows.net/bot-queue",
  SERVICE_HOSTS: "smba.trafficmanager.net,*.botframework.com",
  WEBHOOK_SECRET: `whsec_${key}`,
  WEB_CHAT: "true",
  DIRECT_LINE_ENDPOINT: "https://directline.botframework.com",
  DIRECT_LINE_SECRET: "the secret",
};

test("the settings that infra writes are read", () => {
  const { serviceHosts, ...rest } = readSettings(good);
  assert.deepEqual(rest, {
    port: 8081,
    appId: good.MicrosoftAppId,
    queueUrl: good.QUEUE_URL,
    webhookSecret: good.WEBHOOK_SECRET,
    webChat: { directLine: good.DIRECT_LINE_ENDPOINT, secret: "the secret" },
  });
  serviceHosts.check("https://smba.trafficmanager.net/");
  serviceHosts.check("https://webchat.botframework.com/");
});

test("without Web Chat no Direct Line secret is needed", () => {
  const { DIRECT_LINE_ENDPOINT, DIRECT_LINE_SECRET, PORT, ...rest } = good;
  const settings = readSettings({ ...rest, WEB_CHAT: "false" });
  assert.equal(settings.webChat, undefined);
  assert.equal(settings.port, 8080);
  assert.throws(() => readSettings({ ...rest, WEB_CHAT: "true" }), /DIRECT_LINE_ENDPOINT.*DIRECT_LINE_SECRET/);
});

test("it does not start without an app id, with which botbuilder would check no token", () => {
  for (const id of [undefined, "", "mybot"])
    assert.throws(() => readSettings({ ...good, MicrosoftAppId: id }), /MicrosoftAppId/);
  for (const type of [undefined, "", "MultiTenant"]) {
    assert.throws(() => readSettings({ ...good, MicrosoftAppType: type }), /MicrosoftAppType/);
  }
});

test("it does not start with a signing key that can be guessed", () => {
  for (const secret of [undefined, "", "whsec_", "whsec_AA==", `whsec_${"!".repeat(44)}`, key]) {
    assert.throws(() => readSettings({ ...good, WEBHOOK_SECRET: secret }), /WEBHOOK_SECRET/);
  }
});

test("everything that is wrong is named at once, and no value is repeated", () => {
  const wrong = Object.fromEntries(Object.keys(good).map((name) => [name, "ulterior"]));
  assert.throws(
    () => readSettings(wrong),
    (error: Error) => {
      for (const name of [
        "PORT",
        "MicrosoftAppId",
        "MicrosoftAppTenantId",
        "QUEUE_URL",
        "WEBHOOK_SECRET",
        "WEB_CHAT",
      ]) {
        assert.match(error.message, new RegExp(`\\b${name}: `));
      }
      return /infra\/ writes them/.test(error.message) && !error.message.includes("ulterior");
    },
  );
});
