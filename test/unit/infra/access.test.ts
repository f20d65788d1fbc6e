import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { LocalCloud } from "../../../local/cloud/local-cloud";
import { ResourceManager } from "../../../local/cloud/resource-manager";
import type { Properties } from "../../../local/cloud/resource-type";
import { startOptions } from "../../../local/start-options";

const sender = "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a";
const secretsUser = "4633458b-17de-408a-b874-0445c86b69e6";
const configuredOperator = "0d9f3c5e-3f0a-4b57-9d57-6d0a5b7b9d11";

let home: string;
let cloud: LocalCloud;
let resources: ResourceManager;
let lines: string[];
before(async () => {
  home = mkdtempSync(path.join(tmpdir(), "access-resources-"));
  lines = [];
  cloud = await LocalCloud.open({
    home,
    functionsHost: () => [],
    log: (_source, line) => lines.push(line),
    onDeath: () => {},
    operatorObjectId: configuredOperator,
  });
  resources = new ResourceManager(cloud);
  await resources.create("azure-native:resources:ResourceGroup", "group", { resourceGroupName: "group" });
});
after(async () => {
  await cloud.close();
  rmSync(home, { recursive: true });
});

const inGroup = { resourceGroupName: "group" };

async function identity(name: string): Promise<string> {
  const { outputs } = await resources.create("azure-native:managedidentity:UserAssignedIdentity", name, inGroup);
  return String(outputs.principalId);
}

function assign(logicalName: string, inputs: Properties) {
  const definitions = `/subscriptions/${cloud.subscriptionId}/providers/Microsoft.Authorization/roleDefinitions`;
  const scope = `/subscriptions/${cloud.subscriptionId}/resourceGroups/group`;
  const roleDefinitionId = `${definitions}/${inputs.role ?? sender}`;
  const { role, ...rest } = inputs;
  return resources.create("azure-native:authorization:RoleAssignment", logicalName, {
    scope,
    roleDefinitionId,
    ...rest,
  });
}

test("a role is given to a known principal at a scope that exists, once", async () => {
  const principalId = await identity("once");
  const { id } = await assign("once", { principalId, principalType: "ServicePrincipal" });
  assert.deepEqual(
    cloud.access.all
      .filter((one) => one.principalId === principalId)
      .map(({ id, logicalName }) => ({ id, logicalName })),
    [{ id, logicalName: "once" }],
  );
  await assert.rejects(assign("twice", { principalId }), /^AccessError: RoleAssignmentExists: .*once/);
});

test("a role is refused to whom the directory does not know, of a type that is not the principal's, and at no scope", async () => {
  const principalId = await identity("refused");
  const nobody = "5f0c1f5b-7f41-4c52-b2d5-6d3cf3a7b8f4";
  await assert.rejects(assign("a", { principalId: nobody }), /PrincipalNotFound: Principal 5f0c1f5b/);
  await assert.rejects(assign("b", { principalId, principalType: "User" }), /UnmatchedPrincipalType/);
  await assert.rejects(assign("c", { principalId, role: "unknown" }), /RoleDefinitionDoesNotExist: .*unknown/);
  await assert.rejects(assign("d", { principalId, scope: "/subscriptions/other" }), /ResourceNotFound/);
  await assert.rejects(assign("e", { principalId, condition: "true" }), /does not support the input condition/);
});

test("the configured operator can hold a role, and the operator's tokens are theirs", async () => {
  await assign("operator", { principalId: configuredOperator });
  assert.equal(cloud.operator.objectId, configuredOperator);
});

function makeVault(name: string, more: Properties = {}) {
  const properties = {
    tenantId: cloud.entra.tenantId,
    sku: { family: "A", name: "standard" },
    enableRbacAuthorization: true,
    softDeleteRetentionInDays: 7,
    ...more,
  };
  return resources.create("azure-native:keyvault:Vault", name, { ...inGroup, vaultName: name, properties });
}

test("a vault has a URL where an identity with the role reads the secret that the program put there", async () => {
  const { id, outputs } = await makeVault("vault");
  const { vaultUri } = outputs.properties as { vaultUri: string };
  assert.match(vaultUri, /^https:\/\/127\.0\.0\.1:\d+\/$/);
  const inputs = { ...inGroup, vaultName: "vault", secretName: "webhook", properties: { value: "s3cret" } };
  const secret = await resources.create("azure-native:keyvault:Secret", "webhook", inputs);
  assert.doesNotMatch(JSON.stringify(secret.outputs), /s3cret/);
  const { secretUri, secretUriWithVersion } = secret.outputs.properties as Record<string, string>;
  assert.equal(secretUri, `${vaultUri}secrets/webhook`);

  const principalId = await identity("reader");
  const principal = cloud.entra.principal(principalId);
  assert.ok(principal);
  const { token } = await cloud.entra.issue(principal, "https://vault.azure.net");
  const read = (url = "") => fetch(`${url}?api-version=7.4`, { headers: { authorization: `Bearer ${token}` } });
  assert.equal((await read(secretUri)).status, 403);
  assert.match(lines.at(-1) ?? "", /^403: reader\w+ needs Microsoft\.KeyVault\/vaults\/secrets\/getSecret\/action/);
  await assign("reader", { principalId, role: secretsUser, scope: `${id}/secrets/webhook` });
  for (const url of [secretUri, secretUriWithVersion]) {
    assert.equal(((await (await read(url)).json()) as { value: string }).value, "s3cret");
  }
});

test("a vault that this cloud cannot be is refused by the property", async () => {
  const refused: Record<string, unknown> = {
    enableRbacAuthorization: false,
    enablePurgeProtection: true,
    softDeleteRetentionInDays: 3,
    accessPolicies: [],
    tenantId: "another",
  };
  for (const [property, value] of Object.entries(refused)) {
    await assert.rejects(
      makeVault("refused", { [property]: value }),
      new RegExp(`does not support a vault with ${property}`),
    );
  }
});

test("npm start takes the seconds that roles need, and says what is wrong with them", () => {
  assert.equal(startOptions(["--propagation", "60"]).propagation, 60);
  assert.equal(startOptions([]).propagation, undefined);
  assert.throws(
    () => startOptions(["--propagation", "soon"]),
    /--propagation is "soon": it must be a number from 0 to 1800/,
  );
});
