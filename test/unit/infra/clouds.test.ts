import assert from "node:assert/strict";
import { test } from "node:test";
import { CallerIdConstants } from "botbuilder";
import { AuthenticationConstants, GovernmentConstants } from "botframework-connector";
import { ServiceHosts } from "../../../bot/channel/service-hosts";
import { cloud, clouds } from "../../../infra/clouds";

test("every row passes the check that a configured row must pass", () => {
  for (const [name, row] of Object.entries(clouds)) assert.deepEqual(cloud.parse(row), row, name);
});

test("issuers, metadata and audiences are botbuilder's own", () => {
  for (const [row, constants, callerId] of [
    [clouds.public, AuthenticationConstants, CallerIdConstants.PublicAzureChannel],
    [clouds.usgovernment, GovernmentConstants, CallerIdConstants.USGovChannel],
  ] as const) {
    assert.equal(row?.tokenIssuer, constants.ToBotFromChannelTokenIssuer);
    assert.equal(row?.channelOpenIdMetadata, constants.ToBotFromChannelOpenIdMetadataUrl);
    assert.equal(row?.emulatorOpenIdMetadata, constants.ToBotFromEmulatorOpenIdMetadataUrl);
    assert.equal(row?.loginUrl, constants.ToChannelFromBotLoginUrl);
    assert.equal(row?.oauthUrl, constants.OAuthUrl);
    assert.equal(row?.connectorScope, constants.ToChannelFromBotOAuthScope);
    assert.equal(row?.callerId, callerId);
  }
});

test("conversations with Teams users are opened at a host that may receive the bot's token", () => {
  for (const { teams, serviceHosts } of Object.values(clouds)) new ServiceHosts(serviceHosts).check(`${teams}/`);
});

test("a bot may not talk to another cloud or to hosts that anyone can register", () => {
  assert.ok(clouds.public?.serviceHosts.every((host) => !host.endsWith(".us")));
  assert.ok(clouds.usgovernment?.serviceHosts.every((host) => host.endsWith(".us")));
  for (const row of Object.values(clouds)) {
    for (const open of ["trafficmanager.net", "azurewebsites.net", "azurewebsites.us", "cloudapp.azure.com"]) {
      assert.equal(row.serviceHosts.includes(`*.${open}`), false);
    }
  }
});

test("Azure Resource Manager is each cloud's own", () => {
  assert.equal(clouds.public?.resourceManager, "https://management.azure.com");
  assert.equal(clouds.usgovernment?.resourceManager, "https://management.usgovcloudapi.net");
});
