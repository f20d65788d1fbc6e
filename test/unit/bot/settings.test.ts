import assert from "node:assert/strict";
import { test } from "node:test";
import { readSettings } from "../../../bot/settings";

const good = {
  PORT: "8081",
  MicrosoftAppId: "6f0b1d2e-5a66-4c1c-9d0b-3f6c8a7e9b10",
  MicrosoftAppTenantId: "7f0b1d2e-5a66-4c1c-9d0b-3f6c8a7e9b10",
  MicrosoftAppType: "UserAssignedMSI",
  QUEUE_URL: "https://account.queue.core.windows.net/bot-queue",
  TABLE_SERVICE_URL: "https://account.table.core.windows.net/",
  SERVICE_HOSTS: "smba.trafficmanager.net,*.botframework.com",
  VAULT_URL: "https://the-vault.vault.azure.net",
  VAULT_AUDIENCE: "https://vault.azure.net",
  WEB_CHAT: "true",
  DIRECT_LINE_ENDPOINT: "https://directline.botframework.com",
  TEAMS_ENDPOINT: "https://smba.trafficmanager.net/teams",
};

test("the settings that infra writes are read", () => {
  const { serviceHosts, ...rest } = readSettings(good);
  assert.deepEqual(rest, {
    port: 8081,
    appId: good.MicrosoftAppId,
    queueUrl: good.QUEUE_URL,
    tableServiceUrl: good.TABLE_SERVICE_URL,
    vault: { url: good.VAULT_URL, audience: good.VAULT_AUDIENCE },
    webChat: true,
    directLine: good.DIRECT_LINE_ENDPOINT,
    teamsServiceUrl: "https://smba.trafficmanager.net/teams/",
  });
  serviceHosts.check("https://smba.trafficmanager.net/");
  serviceHosts.check("https://webchat.botframework.com/");
});

test("Web Chat is on or off, nothing between, and the port has a default", () => {
  const { PORT, ...rest } = good;
  const settings = readSettings({ ...rest, WEB_CHAT: "false" });
  assert.equal(settings.webChat, false);
  assert.equal(settings.port, 8080);
  for (const value of [undefined, "", "1", "True"]) {
    assert.throws(() => readSettings({ ...good, WEB_CHAT: value }), /WEB_CHAT/);
  }
});

test("everything but the port must be there, and no secret need be", () => {
  for (const name of Object.keys(good).filter((name) => name !== "PORT")) {
    assert.throws(() => readSettings({ ...good, [name]: undefined }), new RegExp(`\\b${name}: `));
    assert.doesNotMatch(name, /SECRET|PASSWORD|KEY/i);
  }
});

test("it does not start without an app id, with which botbuilder would check no token", () => {
  for (const id of [undefined, "", "mybot"])
    assert.throws(() => readSettings({ ...good, MicrosoftAppId: id }), /MicrosoftAppId/);
  for (const type of [undefined, "", "MultiTenant"]) {
    assert.throws(() => readSettings({ ...good, MicrosoftAppType: type }), /MicrosoftAppType/);
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
        "TABLE_SERVICE_URL",
        "VAULT_URL",
        "VAULT_AUDIENCE",
        "WEB_CHAT",
        "DIRECT_LINE_ENDPOINT",
        "TEAMS_ENDPOINT",
      ]) {
        assert.match(error.message, new RegExp(`\\b${name}: `));
      }
      return /\(infra\/\)/.test(error.message) && !error.message.includes("ulterior");
    },
  );
});
