import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { TableClient, TableServiceClient } from "@azure/data-tables";
import { QueueClient, QueueServiceClient } from "@azure/storage-queue";
import { decodeJwt, SignJWT } from "jose";
import { Entra } from "../../../local/identity/entra";
import { makePrincipal, type Principal } from "../../../local/identity/principal";
import type { StorageService } from "../../../local/storage/azurite";
import { StorageGuard } from "../../../local/storage/guard/storage-guard";
import { Storage } from "../../../local/storage/storage";
import { GuardedCloud, group } from "../helpers/guarded-cloud";

const audience = "https://storage.azure.com";
const accountId = `${group}/providers/Microsoft.Storage/storageAccounts/keyless`;
const messages = "Microsoft.Storage/storageAccounts/queueServices/queues/messages";
const roles = {
  blobOwner: "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
  blobContributor: "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
  blobReader: "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
  queueContributor: "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
  queueProcessor: "8a0f0c08-91a1-4084-bc3d-661d67233fed",
  queueSender: "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a",
  queueReader: "19e7f393-937e-4f77-808e-94535e297925",
  tableContributor: "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
  tableReader: "76199698-9eea-4c19-bc75-cec21354c6b6",
  owner: "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
};
type Role = keyof typeof roles;

let cloud: GuardedCloud;
let storage: Storage;
before(async () => {
  cloud = await GuardedCloud.open();
  const { tenantId, access, denials } = cloud;
  const guard = new StorageGuard({ tenantId, access, denials, callers: cloud.callers(audience, `${audience}/`) });
  storage = await Storage.open(cloud.certificates, guard);
  storage.addAccount("keyless");
  storage.addAccount("keyed");
  guard.protect({ name: "keyless", id: accountId, allowSharedKeyAccess: false });
  guard.protect({ name: "keyed", id: `${accountId}2`, allowSharedKeyAccess: true });
  const azure = cloud.principal("azure");
  cloud.access.exempt(azure.objectId);
  await queues(azure).createQueue("work");
  await tables(azure).createTable("things");
  const entities = table(azure, "things");
  for (const rowKey of ["1", "2", "3", "4"]) await entities.createEntity({ partitionKey: "p", rowKey });
  await blobRequest(azure, "PUT", "files?restype=container");
  await blobRequest(azure, "PUT", "files/there", { "x-ms-blob-type": "BlockBlob" }, "text");
});
after(() => storage.close());

const options = { retryOptions: { maxTries: 1, maxRetries: 0 } };

function credential(principal: Principal) {
  const getToken = async () => {
    const { token, expires } = await cloud.entra.issue(principal, audience);
    return { token, expiresOnTimestamp: expires * 1000 };
  };
  return { getToken };
}

const queues = (who: Principal) =>
  new QueueServiceClient(storage.endpoint("queue", "keyless"), credential(who), options);
const queue = (who: Principal, name = "work") =>
  new QueueClient(`${storage.endpoint("queue", "keyless")}${name}`, credential(who), options);
const tables = (who: Principal) =>
  new TableServiceClient(storage.endpoint("table", "keyless"), credential(who), options);
const table = (who: Principal, name: string) =>
  new TableClient(storage.endpoint("table", "keyless"), name, credential(who), options);

async function request(
  service: StorageService,
  path: string,
  init: RequestInit = {},
  account = "keyless",
): Promise<Response> {
  const headers = { "x-ms-version": "2021-12-02", "x-ms-date": new Date().toUTCString(), ...init.headers };
  return fetch(`${storage.endpoint(service, account)}${path}`, { ...init, headers });
}

/** As a client library sends it, whose errors carry the status, too. */
async function blobRequest(who: Principal, method: string, path: string, more: HeadersInit = {}, body?: string) {
  const authorization = `Bearer ${await cloud.token(who, audience)}`;
  const response = await request("blob", path, { method, body, headers: { ...more, authorization } });
  const text = await response.text();
  const code = response.headers.get("x-ms-error-code");
  if (!response.ok) throw Object.assign(new Error(text), { statusCode: response.status, code });
}

/** Whether the guard lets an operation through. What the service makes of it does not matter: Azurite knows ACLs only with keys. */
async function passes(operation: () => Promise<unknown>): Promise<boolean> {
  try {
    await operation();
  } catch (error) {
    const { statusCode = 0, code, details } = error as { statusCode?: number; code?: string; details?: unknown };
    assert.ok(statusCode >= 400 && statusCode !== 501 && statusCode !== 401, `${error}`);
    return !/AuthorizationPermissionMismatch/.test(`${code} ${JSON.stringify(details)}`);
  }
  return true;
}

const first = async (pages: AsyncIterable<unknown>) => {
  for await (const _ of pages) return;
};

interface Case {
  does(who: Principal): Promise<unknown>;
  roles: Role[];
}

const queueCases: Record<string, Case> = {
  "list queues": {
    does: (who) => first(queues(who).listQueues()),
    roles: ["queueContributor", "queueReader", "owner"],
  },
  "get service properties": { does: (who) => queues(who).getProperties(), roles: ["owner"] },
  "set service properties": { does: (who) => queues(who).setProperties({}), roles: ["owner"] },
  "create queue": { does: (who) => queue(who, "another").create(), roles: ["queueContributor", "owner"] },
  "delete queue": { does: (who) => queue(who, "unknown").delete(), roles: ["queueContributor", "owner"] },
  "get queue metadata": {
    does: (who) => queue(who).getProperties(),
    roles: ["queueContributor", "queueReader", "owner"],
  },
  "set queue metadata": { does: (who) => queue(who).setMetadata({ a: "b" }), roles: ["queueContributor", "owner"] },
  "get queue ACL": { does: (who) => queue(who).getAccessPolicy(), roles: ["owner"] },
  "set queue ACL": { does: (who) => queue(who).setAccessPolicy([]), roles: ["owner"] },
  "put message": { does: (who) => queue(who).sendMessage("m"), roles: ["queueContributor", "queueSender"] },
  "get messages": { does: (who) => queue(who).receiveMessages(), roles: ["queueContributor", "queueProcessor"] },
  "peek messages": {
    does: (who) => queue(who).peekMessages(),
    roles: ["queueContributor", "queueProcessor", "queueReader"],
  },
  "update message": { does: (who) => queue(who).updateMessage("id", "receipt", "m"), roles: ["queueContributor"] },
  "delete message": {
    does: (who) => queue(who).deleteMessage("id", "receipt"),
    roles: ["queueContributor", "queueProcessor"],
  },
  "clear messages": { does: (who) => queue(who).clearMessages(), roles: ["queueContributor"] },
};

const entity = (rowKey: string) => ({ partitionKey: "p", rowKey });
const things = (who: Principal) => table(who, "things");

const tableCases: Record<string, Case> = {
  "query tables": {
    does: (who) => first(tables(who).listTables()),
    roles: ["tableContributor", "tableReader", "owner"],
  },
  "create table": { does: (who) => tables(who).createTable("another"), roles: ["tableContributor", "owner"] },
  "delete table": { does: (who) => tables(who).deleteTable("unknown"), roles: ["tableContributor", "owner"] },
  "get service properties": { does: (who) => tables(who).getProperties(), roles: ["owner"] },
  "set service properties": { does: (who) => tables(who).setProperties({}), roles: ["owner"] },
  "get table ACL": { does: (who) => things(who).getAccessPolicy(), roles: ["owner"] },
  "set table ACL": { does: (who) => things(who).setAccessPolicy([]), roles: ["owner"] },
  "query entities": { does: (who) => first(things(who).listEntities()), roles: ["tableContributor", "tableReader"] },
  "get entity": { does: (who) => things(who).getEntity("p", "1"), roles: ["tableContributor", "tableReader"] },
  "insert entity": { does: (who) => things(who).createEntity(entity("new")), roles: ["tableContributor"] },
  "insert or merge entity": {
    does: (who) => things(who).upsertEntity(entity("1"), "Merge"),
    roles: ["tableContributor"],
  },
  "insert or replace entity": {
    does: (who) => things(who).upsertEntity(entity("1"), "Replace"),
    roles: ["tableContributor"],
  },
  "merge entity": { does: (who) => things(who).updateEntity(entity("1"), "Merge"), roles: ["tableContributor"] },
  "update entity": { does: (who) => things(who).updateEntity(entity("1"), "Replace"), roles: ["tableContributor"] },
  "delete entity": { does: (who) => things(who).deleteEntity("p", "none"), roles: ["tableContributor"] },
  batch: {
    does: (who) => things(who).submitTransaction([["upsert", entity("2")]]),
    roles: ["tableContributor"],
  },
};

const blob = (method: string, path: string, headers?: HeadersInit, body?: string) => (who: Principal) =>
  blobRequest(who, method, path, headers, body);
const readers: Role[] = ["blobOwner", "blobContributor", "blobReader"];
const writers: Role[] = ["blobOwner", "blobContributor"];

const blobCases: Record<string, Case> = {
  "list containers": { does: blob("GET", "?comp=list"), roles: [...readers, "owner"] },
  "get service properties": { does: blob("GET", "?restype=service&comp=properties"), roles: ["owner"] },
  "get account information": { does: blob("GET", "?restype=account&comp=properties"), roles: ["owner"] },
  "create container": { does: blob("PUT", "another?restype=container"), roles: [...writers, "owner"] },
  "get container properties": { does: blob("HEAD", "files?restype=container"), roles: [...readers, "owner"] },
  "get container ACL": { does: blob("GET", "files?restype=container&comp=acl"), roles: ["blobOwner", "owner"] },
  "delete container": { does: blob("DELETE", "unknown?restype=container"), roles: [...writers, "owner"] },
  "list blobs": { does: blob("GET", "files?restype=container&comp=list"), roles: readers },
  "put blob": { does: blob("PUT", "files/new", { "x-ms-blob-type": "BlockBlob" }, "text"), roles: writers },
  "get blob": { does: blob("GET", "files/there"), roles: readers },
  "get blob properties": { does: blob("HEAD", "files/there"), roles: readers },
  "set blob metadata": { does: blob("PUT", "files/there?comp=metadata"), roles: writers },
  "put block": { does: blob("PUT", "files/there?comp=block&blockid=AA==", {}, "text"), roles: writers },
  "lease blob": { does: blob("PUT", "files/none?comp=lease", { "x-ms-lease-action": "break" }), roles: writers },
  "get blob tags": { does: blob("GET", "files/there?comp=tags"), roles: ["blobOwner"] },
  "delete blob": { does: blob("DELETE", "files/none/below"), roles: writers },
};

const cases = Object.entries({ queue: queueCases, table: tableCases, blob: blobCases });
for (const [service, operations] of cases) {
  for (const role of Object.keys(roles) as Role[]) {
    test(`${role} lets exactly its operations on the ${service} service through`, async () => {
      const who = cloud.principal(role, [roles[role]]);
      const passed: string[] = [];
      for (const [name, { does }] of Object.entries(operations)) if (await passes(() => does(who))) passed.push(name);
      const expected = Object.keys(operations).filter((name) => operations[name]?.roles.includes(role));
      assert.deepEqual(passed, expected);
    });
  }
}

test("the roles at a queue and at a table count there and for nothing else of the account", async () => {
  const who = cloud.principal("narrow");
  cloud.assign(who, roles.queueContributor, `${accountId}/queueServices/default/queues/work`);
  cloud.assign(who, roles.tableContributor, `${accountId}/tableServices/default/tables/things`);
  assert.equal(await passes(() => queue(who).sendMessage("m")), true);
  assert.equal(await passes(() => queue(who, "work-poison").sendMessage("m")), false);
  assert.equal(await passes(() => first(queues(who).listQueues())), false);
  assert.equal(await passes(() => things(who).getEntity("p", "1")), true);
  assert.equal(await passes(() => table(who, "things2").getEntity("p", "1")), false);
  assert.equal(await passes(() => tables(who).createTable("another")), false);
});

test("a batch is authorized by what is in it, and arrives whole", async () => {
  const contributor = cloud.principal("batcher");
  cloud.assign(contributor, roles.tableContributor, `${accountId}/tableServices/default/tables/things`);
  const large = "x".repeat(30_000);
  await things(contributor).submitTransaction([
    ["create", { ...entity("in-batch"), large }],
    ["upsert", { ...entity("3"), large }, "Merge"],
    ["update", { ...entity("4"), large }, "Replace"],
    ["delete", entity("2")],
  ]);
  for (const rowKey of ["in-batch", "3", "4"]) {
    assert.equal((await things(contributor).getEntity("p", rowKey)).large, large);
  }
  await assert.rejects(things(contributor).getEntity("p", "2"), { statusCode: 404 });
  const elsewhere = table(contributor, "others").submitTransaction([["create", entity("1")]]);
  await assert.rejects(elsewhere, { statusCode: 403 });
});

test("a refusal is what Azure answers, in the service's own format, and the log names the missing right", async () => {
  const who = cloud.principal("nobody");
  const headers = { authorization: `Bearer ${await cloud.token(who, audience)}` };
  const queueAnswer = await request("queue", "work/messages", { method: "POST", body: "<m/>", headers });
  assert.equal(queueAnswer.status, 403);
  assert.equal(queueAnswer.headers.get("x-ms-error-code"), "AuthorizationPermissionMismatch");
  assert.match(
    await queueAnswer.text(),
    /<Error><Code>AuthorizationPermissionMismatch<\/Code><Message>This request is not/,
  );
  const tableAnswer = await request("table", "things()", { headers });
  const error = (await tableAnswer.json())["odata.error"];
  assert.equal(error.code, "AuthorizationPermissionMismatch");
  assert.match(error.message.value, /^This request is not authorized.*\nRequestId:.*\nTime:/);
  const line = `403: nobody needs ${messages}/add/action for Put Message on the queue work: no role assigned there or above allows it.`;
  assert.ok(cloud.lines.includes(line), cloud.lines.at(-1));
});

test("the client libraries see the codes of Azure", async () => {
  const who = cloud.principal("client");
  await assert.rejects(queue(who).sendMessage("m"), { statusCode: 403, code: "AuthorizationPermissionMismatch" });
  await assert.rejects(things(who).getEntity("p", "1"), (error: { statusCode: number; details: unknown }) => {
    assert.equal(error.statusCode, 403);
    assert.match(JSON.stringify(error.details), /AuthorizationPermissionMismatch/);
    return true;
  });
});

test("a role that is taken away stops working at once, though the token was seen before", async () => {
  const who = cloud.principal("leaver", [roles.queueSender]);
  assert.equal(await passes(() => queue(who).sendMessage("m")), true);
  cloud.access.revoke(cloud.access.all.at(-1)?.id ?? "");
  assert.equal(await passes(() => queue(who).sendMessage("m")), false);
});

test("without a token the answer is 401 and says where to get one", async () => {
  const response = await request("queue", "?comp=list");
  assert.equal(response.status, 401);
  assert.equal(response.headers.get("x-ms-error-code"), "NoAuthenticationInformation");
  assert.equal(
    response.headers.get("www-authenticate"),
    `Bearer authorization_uri=https://login.microsoftonline.com/${cloud.tenantId}/oauth2/authorize resource_id=https://storage.azure.com`,
  );
});

test("keys and signatures are refused where the account allows none, and looked at where it does", async () => {
  const ways: [string, RequestInit][] = [
    ["?comp=list", { headers: { authorization: "SharedKey keyless:c2lnbmF0dXJl" } }],
    ["?comp=list", { headers: { authorization: "SharedKeyLite keyless:c2lnbmF0dXJl" } }],
    ["?comp=list&sv=2021-12-02&ss=q&srt=s&sp=l&sig=c2lnbmF0dXJl", {}],
  ];
  for (const [path, init] of ways) {
    for (const service of ["queue", "table", "blob"] as const) {
      const refused = await request(service, path, init);
      assert.equal(refused.status, 403);
      assert.equal(refused.headers.get("x-ms-error-code"), "KeyBasedAuthenticationNotPermitted");
    }
    const checked = await request("queue", path, init, "keyed");
    const code = checked.headers.get("x-ms-error-code") ?? "";
    assert.ok(!checked.ok && !["KeyBasedAuthenticationNotPermitted", "ResourceNotFound"].includes(code), code);
  }
});

test("a token is refused when it is for something else, of another directory, over, forged or nobody's", async () => {
  const who = cloud.principal("holder", [roles.queueContributor]);
  const good = await cloud.token(who, audience);
  const [head, , signature] = good.split(".");
  const claims = decodeJwt(good);
  const encoded = Buffer.from(JSON.stringify({ ...claims, oid: "other" })).toString("base64url");
  const expired = new SignJWT({ ...claims, exp: Math.floor(Date.now() / 1000) - 1 });
  const { privateKey } = cloud.entra as unknown as { privateKey: Parameters<SignJWT["sign"]>[0] };
  const bad: [string, string][] = [
    [await cloud.token(who, "https://management.azure.com"), "Audience validation failed"],
    [(await (await Entra.open()).issue(who, audience)).token, "Signature validation failed"],
    [await expired.setProtectedHeader({ alg: "ES256" }).sign(privateKey), "The token is expired"],
    [`${head}.${encoded}.${signature}`, "Signature validation failed"],
    [await cloud.token(makePrincipal("stranger"), audience), "The directory does not contain the principal"],
    ["nonsense", "The token is not a valid one"],
  ];
  const answer = (token: string) =>
    request("queue", "work?comp=metadata", { headers: { authorization: `Bearer ${token}` } });
  for (const [token, detail] of bad) {
    const response = await answer(token);
    assert.equal(response.status, 401, detail);
    assert.equal(response.headers.get("x-ms-error-code"), "InvalidAuthenticationInfo");
    assert.match(await response.text(), new RegExp(`<AuthenticationErrorDetail>.*${detail}`));
  }
  assert.equal((await answer(good)).status, 200);
  assert.equal((await answer(await cloud.token(who, `${audience}/`))).status, 200);
});

test("an operation that the guard does not know is refused by name", async () => {
  const who = cloud.principal("all", Object.values(roles));
  const headers = { authorization: `Bearer ${await cloud.token(who, audience)}` };
  const unknown: [StorageService, string, string, Record<string, string>][] = [
    ["queue", "PATCH", "work", {}],
    ["queue", "PUT", "work?comp=undelete", {}],
    ["table", "GET", "things?comp=stats", {}],
    ["table", "POST", "$batch", {}],
    ["blob", "POST", "?comp=batch", {}],
    ["blob", "PUT", "files/copy", { "x-ms-copy-source": "https://elsewhere/" }],
  ];
  for (const [service, method, path, more] of unknown) {
    const response = await request(service, path, { method, headers: { ...more, ...headers } });
    assert.equal(response.status, 501, `${method} ${path}`);
    assert.match(await response.text(), new RegExp(`does not support ${method} .* on the ${service} service`));
  }
});

test("what the guard refuses leaves the connection usable, whatever it carried", async () => {
  const who = cloud.principal("talker");
  const headers = { authorization: `Bearer ${await cloud.token(who, audience)}` };
  const body = "x".repeat(200_000);
  for (let round = 0; round < 5; round++) {
    const response = await request("queue", "work/messages", { method: "POST", body, headers });
    assert.equal(response.status, 403);
    await response.text();
  }
});

test("an account that does not exist is not found", async () => {
  const guessed = storage.endpoint("queue", "guessed");
  assert.equal((await fetch(`${guessed}?comp=list`)).status, 404);
});
