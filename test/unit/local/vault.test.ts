import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Principal } from "../../../local/identity/principal";
import { Vault } from "../../../local/vault/vault";
import { GuardedCloud, group } from "../helpers/guarded-cloud";

const audience = "https://vault.azure.net";
const vaultId = `${group}/providers/Microsoft.KeyVault/vaults/the-vault`;
const user = "4633458b-17de-408a-b874-0445c86b69e6";
const officer = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7";
const owner = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";

let cloud: GuardedCloud;
let vault: Vault;
before(async () => {
  cloud = await GuardedCloud.open();
  const { tenantId, certificates, access, denials } = cloud;
  const options = { name: "the-vault", id: vaultId, tenantId, softDeleteRetentionInDays: 7 };
  vault = await Vault.open({ ...options, certificates, access, denials, callers: cloud.callers(audience) });
});
after(() => vault.close());

interface Ask {
  who?: Principal;
  method?: string;
  path?: string;
  body?: unknown;
  audience?: string;
}

async function ask({ who, method, path = "secrets/webhook?api-version=7.4", body, audience: aud = audience }: Ask) {
  const authorization = who && { authorization: `Bearer ${await cloud.token(who, aud)}` };
  const headers = { "content-type": "application/json", ...authorization };
  const response = await fetch(vault.url + path, { method, headers, body: body ? JSON.stringify(body) : undefined });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

test("a secret is read by its name, and every version by its own", async () => {
  const who = cloud.principal("reader", [user], vaultId);
  const first = vault.secrets.set("versions", "one");
  const second = vault.secrets.set("versions", "two", "text/plain");
  const current = await ask({ who, path: "secrets/versions?api-version=7.4" });
  assert.equal(current.status, 200);
  assert.equal(current.body.value, "two");
  assert.equal(current.body.contentType, "text/plain");
  assert.equal(current.body.id, `${vault.url}secrets/versions/${second.version}`);
  assert.equal(current.body.attributes.enabled, true);
  assert.ok(Math.abs(current.body.attributes.created - Date.now() / 1000) < 60);
  assert.equal(current.body.attributes.updated, current.body.attributes.created);
  const old = await ask({ who, path: `secrets/versions/${first.version}?api-version=7.4` });
  assert.equal(old.body.value, "one");
  assert.equal((await ask({ who, path: "secrets/versions/?api-version=7.4" })).body.value, "two");
});

const scopes = {
  secret: `${vaultId}/secrets/webhook`,
  vault: vaultId,
  group,
  subscription: group.slice(0, group.indexOf("/resourceGroups")),
};
for (const [name, scope] of Object.entries(scopes)) {
  test(`a role at the ${name} reads the secret`, async () => {
    vault.secrets.set("webhook", "value");
    const who = cloud.principal(`at-${name}`, [user], scope);
    assert.equal((await ask({ who })).body.value, "value");
    const other = await ask({ who, path: "secrets/direct-line?api-version=7.4" });
    assert.equal(other.status, name === "secret" ? 403 : 404);
  });
}

test("without the role the answer is 403 as Azure's, and the log names the missing right", async () => {
  const who = cloud.principal("owner", [owner]);
  const { status, body } = await ask({ who });
  assert.equal(status, 403);
  assert.equal(body.error.code, "Forbidden");
  assert.equal(body.error.innererror.code, "ForbiddenByRbac");
  assert.match(body.error.message, /^Caller is not authorized to perform action on resource\.\r\n/);
  assert.match(body.error.message, /Action: 'Microsoft\.KeyVault\/vaults\/secrets\/getSecret\/action'/);
  assert.match(
    cloud.lines.at(-1) ?? "",
    /^403: owner needs Microsoft\.KeyVault\/vaults\/secrets\/getSecret\/action for Get Secret on the secret webhook of the vault the-vault: no role/,
  );
});

test("a secret that is not there is 404 for whoever may read it", async () => {
  const who = cloud.principal("seeker", [user]);
  const { status, body } = await ask({ who, path: "secrets/none?api-version=7.4" });
  assert.equal(status, 404);
  assert.equal(body.error.code, "SecretNotFound");
});

test("without a token, or with one for something else, the answer is 401 and says where to get one", async () => {
  const who = cloud.principal("wrong", [user]);
  const challenge = `Bearer authorization="https://login.microsoftonline.com/${cloud.tenantId}", resource="https://vault.azure.net"`;
  for (const answer of [await ask({}), await ask({ who, audience: "https://storage.azure.com" })]) {
    assert.equal(answer.status, 401);
    assert.equal(answer.body.error.code, "Unauthorized");
    assert.equal(answer.headers.get("www-authenticate"), challenge);
  }
  assert.equal((await ask({ who, audience: `${audience}/` })).status, 401, "as in Azure, which wants no slash");
});

test("only the role for it sets a secret, and the old version stays", async () => {
  const [reader, writer] = [cloud.principal("reads", [user]), cloud.principal("writes", [officer])];
  const old = vault.secrets.set("rotated", "old");
  const put = { method: "PUT", path: "secrets/rotated?api-version=7.4", body: { value: "new" } };
  assert.equal((await ask({ who: reader, ...put })).status, 403);
  const { status, body } = await ask({ who: writer, ...put });
  assert.equal(status, 200);
  assert.equal(body.value, "new");
  assert.equal((await ask({ who: reader, path: "secrets/rotated?api-version=7.4" })).body.id, body.id);
  assert.equal(vault.secrets.get("rotated", old.version)?.value, "old");
  assert.equal((await ask({ who: writer, ...put, body: { value: 5 } })).status, 400);
});

test("only the role for it deletes a secret, whose name then stays taken", async () => {
  const [reader, writer] = [cloud.principal("looks", [user]), cloud.principal("deletes", [officer])];
  vault.secrets.set("going", "value");
  const remove = { method: "DELETE", path: "secrets/going?api-version=7.4" };
  const refused = await ask({ who: reader, ...remove });
  assert.equal(refused.status, 403);
  assert.match(refused.body.error.message, /Action: 'Microsoft\.KeyVault\/vaults\/secrets\/delete'/);
  const { status, body } = await ask({ who: writer, ...remove });
  assert.equal(status, 200);
  assert.equal(body.recoveryId, `${vault.url}deletedsecrets/going`);
  assert.equal(body.value, undefined);
  assert.equal((await ask({ who: reader, path: remove.path })).status, 404);
  assert.equal((await ask({ who: writer, ...remove })).status, 404);
  const again = await ask({ who: writer, method: "PUT", path: remove.path, body: { value: "new" } });
  assert.equal(again.status, 409);
  assert.equal(again.body.error.innererror.code, "ObjectIsDeletedButRecoverable");
});

test("what the vault cannot do is refused by name, and a request needs an api-version", async () => {
  const who = cloud.principal("curious", [officer]);
  for (const [method, path] of [
    ["GET", "keys"],
    ["GET", "secrets"],
    ["PATCH", "secrets/webhook"],
    ["GET", "deletedsecrets/webhook"],
    ["DELETE", "deletedsecrets/webhook"],
  ]) {
    const { status, body } = await ask({ who, method, path: `${path}?api-version=7.4` });
    assert.equal(status, 501);
    assert.equal(body.error.message, `The local vault does not support ${method} /${path}.`);
  }
  const { status, body } = await ask({ who, path: "secrets/webhook" });
  assert.equal(status, 400);
  assert.match(body.error.message, /api-version/);
});
