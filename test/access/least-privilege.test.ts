import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { TableClient } from "@azure/data-tables";
import { QueueClient } from "@azure/storage-queue";
import { deliveriesTable, referencesTable, stateTable, tableNames } from "../../core/names";
import { makePrincipal } from "../../local/identity/principal";
import { acknowledged, comingBack, talk } from "../flow/talk";
import type { DirectLineClient } from "../harness/direct-line-client";
import { OwnStack } from "../harness/own-stack";

/** What somebody can do only by a role. */
type Ability =
  | "bot puts messages on the queue"
  | "bot sets messages aside"
  | "bot writes down where its users are"
  | "bot is ready"
  | "function carries messages"
  | "function records what failed"
  | "function is ready"
  | "operator sends"
  | "operator looks at the poison queue"
  | `operator reads ${string}`;

/** What the bot can no longer do. */
const withoutTable: Record<string, Ability[]> = {
  // It does not know whether a message is an answer, so it takes none.
  [stateTable]: ["bot puts messages on the queue"],
  [referencesTable]: ["bot writes down where its users are"],
  // It does not know whether a message was said, so it says none and gives none up.
  [deliveriesTable]: ["function carries messages", "bot sets messages aside"],
};

interface Need {
  breaks: Ability[];
  says: RegExp;
}

/** What breaks without each role assignment, and what the log says then. */
const needs: Record<string, Need> = {
  "bot-queueMessageSender-queue": {
    breaks: ["bot puts messages on the queue"],
    says: /bot .*may not send to the queue \S+bot-queue: the role Storage Queue Data Message Sender/,
  },
  "bot-queueMessageSender-poison": {
    breaks: ["bot sets messages aside"],
    says: /bot .*may not send to the queue \S+bot-queue-poison: the role Storage Queue Data Message Sender/,
  },
  "bot-queueDataReader-queue": {
    breaks: ["bot is ready"],
    says: /bot .*may not read the queue \S+bot-queue: the role Storage Queue Data Reader/,
  },
  "bot-queueDataReader-poison": {
    breaks: ["bot is ready"],
    says: /bot .*may not read the queue \S+bot-queue-poison: the role Storage Queue Data Reader/,
  },
  "bot-keyVaultSecretsUser-vault": {
    breaks: ["bot is ready"],
    says: /bot .*The secret \S+ cannot be read: the vault answered 403\. The role Key Vault Secrets User/,
  },
  ...ofTables((table) => ({
    [`bot-tableDataContributor-${table}`]: {
      breaks: [...(withoutTable[table] ?? []), "bot is ready"],
      says: new RegExp(`bot .*table ${table} cannot be used: the role Storage Table Data Contributor is missing`),
    },
    [`operator-tableDataContributor-${table}`]: {
      breaks: [`operator reads ${table}`],
      says: /azure .*operator needs \S*entities\/read/,
    },
  })),
  "function-queueDataContributor-account": {
    // Nothing reaches the function, and so the bot.
    breaks: [
      "bot sets messages aside",
      "function carries messages",
      "function records what failed",
      "function is ready",
    ],
    says: /azure .*needs \S*messages\/process\/action[\s\S]*function .*Cannot read queue 'bot-queue'/,
  },
  "function-tableDataContributor-account": {
    breaks: ["function records what failed", "function is ready"],
    says: /function .*table deliveries cannot be used: the role Storage Table Data Contributor is missing/,
  },
  "function-keyVaultSecretsUser-vault": {
    breaks: ["function is ready"],
    says: /function .*The secret "\S+" cannot be read: the vault answered 403\. The role Key Vault Secrets User/,
  },
  "operator-queueDataContributor-queue": {
    breaks: ["operator sends"],
    says: /azure .*operator needs \S*messages\/add\/action/,
  },
  "operator-queueDataContributor-poison": {
    breaks: ["operator looks at the poison queue"],
    says: /azure .*operator needs \S*messages\/read/,
  },
};

/** What is needed only when the function starts, and what the log says then. */
const neededAtStart: Record<string, RegExp> = {
  // The host remembers in blobs when its timers ran; the real one keeps its locks there, too.
  "function-blobDataOwner-account":
    /azure .*needs \S*blobs\/read[\s\S]*function .*Cannot read the schedule status of function 'poison-watch': .*no role/,
};

/** Assigned without a use that shows here. */
const exempt: Record<string, string> = {
  "function-metricsPublisher-insights": "the real host sends telemetry: azure-monitor/app/azure-ad-authentication",
};

/** Milliseconds until what is to work has worked (generous, for a machine that does other things too), and what is to be broken counts so. */
const [patience, impatience] = [20_000, 4_000];

/** `/readyz` answers from memory for this long, in milliseconds. */
const readinessMemory = 5_000;

let stack: Awaited<ReturnType<typeof OwnStack.up>>;
let client: DirectLineClient;
before(async () => {
  stack = await OwnStack.up();
  client = await talk(stack);
});
after(async () => {
  client?.close();
  await stack?.down();
});

/** What the bot says at once to a message. An apology does not repeat the message, so it is waited for before the next one. */
async function answerTo(text: string): Promise<string | undefined> {
  await client.say(text);
  const answer = await client.waitFor(
    ({ text: said = "" }) => said.includes(text) || said.includes("could not be added"),
  );
  client.received.length = 0;
  return answer.text;
}

/** Each is given the milliseconds that it may take. */
const abilities: Record<string, (limit: number) => Promise<boolean>> = {
  async "bot puts messages on the queue"() {
    const text = unique();
    return (await answerTo(text)) === acknowledged(text);
  },
  async "bot sets messages aside"(limit) {
    const text = unique();
    await queue(tester()).sendMessage(JSON.stringify(message("no-such-conversation", text)));
    return eventually(async () => {
      const { peekedMessageItems } = await queue(tester(), "-poison").peekMessages({ numberOfMessages: 32 });
      const found = peekedMessageItems.some(({ messageText }) => messageText.includes(text));
      if (found) await queue(tester(), "-poison").clearMessages();
      return found;
    }, limit);
  },
  async "bot writes down where its users are"(limit) {
    const find = async () => (await rows(referencesTable)).find((row) => row.conversationId === client.conversationId);
    const before = await find();
    await answerTo(unique());
    return eventually(async () => {
      const now = await find();
      return now !== undefined && now.etag !== before?.etag;
    }, limit);
  },
  "bot is ready": () => isReady(stack.description.local.bot),
  async "function carries messages"(limit) {
    const text = unique();
    await queue(tester()).sendMessage(JSON.stringify(message(client.conversationId, text)));
    return eventually(async () => client.received.some(({ text: said }) => said === comingBack(text)), limit);
  },
  async "function records what failed"(limit) {
    const { messageId } = await queue(tester()).sendMessage(`no JSON: ${unique()}`);
    return eventually(async () => {
      const row = (await rows(deliveriesTable)).find(({ id }) => id === messageId);
      return row?.status === "failed";
    }, limit);
  },
  "function is ready": () => isReady(stack.description.local.function),
  "operator sends": () =>
    succeeds(queue(operator()).sendMessage(JSON.stringify(message(client.conversationId, unique())))),
  "operator looks at the poison queue": () => succeeds(queue(operator(), "-poison").peekMessages()),
};

for (const table of tableNames) abilities[`operator reads ${table}`] = () => succeeds(read(table, operator()));

test("every role assignment is known to this test", () => {
  const assigned = stack.cloud.access.all.map(({ logicalName }) => logicalName);
  assert.deepEqual(assigned.sort(), [needs, neededAtStart, exempt].flatMap(Object.keys).sort());
});

test("with all roles everything works", async () => {
  assert.deepEqual(await broken(), []);
});

for (const [name, { breaks, says }] of Object.entries(needs)) {
  test(`without ${name} exactly this breaks: ${breaks.join(", ")}`, async () => {
    const assignment = stack.cloud.access.all.find(({ logicalName }) => logicalName === name);
    assert.ok(assignment);
    await sleep(readinessMemory);
    stack.log = "";
    stack.cloud.access.revoke(name);
    try {
      assert.deepEqual((await broken(breaks)).sort(), [...breaks].sort());
      assert.match(stack.log, says);
    } finally {
      stack.cloud.access.assign(assignment);
    }
    assert.ok(await abilities["function carries messages"]?.(patience), "it works again with the role");
  });
}

for (const [name, says] of Object.entries(neededAtStart)) {
  test(`without ${name} the function starts no timer until it has it`, async () => {
    const assignment = stack.cloud.access.all.find(({ logicalName }) => logicalName === name);
    assert.ok(assignment);
    stack.log = "";
    stack.cloud.access.revoke(name);
    try {
      await stack.restart("function");
      assert.ok(await eventually(async () => says.test(stack.log), patience));
    } finally {
      stack.cloud.access.assign(assignment);
    }
    const itStarts = /function .*The host can read the schedule status of function 'poison-watch' again/;
    assert.ok(await eventually(async () => itStarts.test(stack.log), patience));
  });
}

function ofTables<T>(of: (table: string) => Record<string, T>): Record<string, T> {
  return Object.assign({}, ...tableNames.map(of));
}

function read(table: string, credential: ReturnType<typeof operator>): Promise<unknown> {
  return new TableClient(stack.description.local.tableService, table, credential).listEntities().next();
}

/** What a table holds. */
async function rows(table: string): Promise<Record<string, unknown>[]> {
  const found: Record<string, unknown>[] = [];
  const client = new TableClient(stack.description.local.tableService, table, tester());
  for await (const row of client.listEntities()) found.push(row);
  return found;
}

/** @param expected waited for a short time only */
async function broken(expected: Ability[] = []): Promise<Ability[]> {
  const found: Ability[] = [];
  for (const [name, works] of Object.entries(abilities) as [Ability, (typeof abilities)[string]][]) {
    if (!(await works(expected.includes(name) ? impatience : patience))) found.push(name);
  }
  return found;
}

async function isReady(url: string): Promise<boolean> {
  return (await fetch(`${url}/readyz`)).status === 200;
}

function succeeds(request: Promise<unknown>): Promise<boolean> {
  return request.then(
    () => true,
    () => false,
  );
}

async function eventually(found: () => Promise<boolean>, milliseconds: number): Promise<boolean> {
  const end = Date.now() + milliseconds;
  while (Date.now() < end) {
    if (await found()) return true;
    await sleep(50);
  }
  return false;
}

let count = 0;
function unique(): string {
  return `message ${++count}`;
}

function message(conversation: string, text: string) {
  const { serviceUrl } = stack.description.local.directLine;
  return { relatesTo: { channelId: "directline", serviceUrl, conversation: { id: conversation } }, text };
}

function queue(
  credential: { getToken(): Promise<{ token: string; expiresOnTimestamp: number }> },
  suffix = "",
): QueueClient {
  return new QueueClient(`${stack.description.outputs.queueUrl}${suffix}`, credential, {
    retryOptions: { maxTries: 1 },
  });
}

/** Somebody who needs no roles, so that a check depends on one role only. */
const lifted = makePrincipal("tester");
function tester() {
  stack.cloud.access.exempt(lifted.objectId);
  return credentialOf(stack.cloud.entra.enrol(lifted));
}

function operator() {
  return credentialOf(stack.cloud.operator);
}

function credentialOf(principal: typeof lifted) {
  const getToken = async () => {
    const { token, expires } = await stack.cloud.entra.issue(principal, "https://storage.azure.com");
    return { token, expiresOnTimestamp: expires * 1000 };
  };
  return { getToken };
}
