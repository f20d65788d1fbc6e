import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { before, test } from "node:test";
import { readSettings } from "../../../bot/settings";
import { assertIncludes } from "../helpers/assert-includes";
import { appSettings, deploy } from "../infra/deployment";

/** The app settings that the program computes. Identities have other ids under mocks than in Azure. */
let good: Record<string, string>;
before(async () => {
  const ids = { MicrosoftAppId: randomUUID(), MicrosoftAppTenantId: randomUUID() };
  good = { ...appSettings(await deploy(), "acme-bot"), ...ids, PORT: "8081" };
});

/** The settings without which the bot does not start. */
const required = [
  "MicrosoftAppId",
  "MicrosoftAppTenantId",
  "MicrosoftAppType",
  "QUEUE_URL",
  "TABLE_SERVICE_URL",
  "SERVICE_HOSTS",
  "VAULT_URL",
  "VAULT_AUDIENCE",
  "WEB_CHAT",
  "DIRECT_LINE_ENDPOINT",
  "TEAMS_ENDPOINT",
];

test("the settings that the program computes are read", () => {
  const settings = readSettings(good);
  assertIncludes(settings, {
    port: 8081,
    appId: good.MicrosoftAppId,
    queueUrl: good.QUEUE_URL,
    tableServiceUrl: good.TABLE_SERVICE_URL,
    vault: { url: good.VAULT_URL, audience: good.VAULT_AUDIENCE },
    webChat: true,
    directLine: "https://directline.botframework.com",
    teamsServiceUrl: "https://smba.trafficmanager.net/teams/",
  });
  settings.serviceHosts.check("https://smba.trafficmanager.net/");
  settings.serviceHosts.check("https://webchat.botframework.com/");
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
  for (const name of required) {
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
  const wrong = Object.fromEntries(["PORT", ...required].map((name) => [name, "ulterior"]));
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
