import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import type { TableEntityResult } from "@azure/data-tables";
import {
  type Conversation,
  ConversationStore,
  largestMemory,
  MemoryTooLargeError,
} from "../../../bot/state/conversation-store";
import { stateTable } from "../../../core/names";
import { TableUnreachableError } from "../../../core/tables/table";
import { MemoryTable } from "../helpers/memory-table";
import { StateTable } from "../helpers/state-table";

interface Memory {
  count?: number;
  seen?: string[];
  [field: string]: unknown;
}

let table: StateTable;
let store: ConversationStore<Memory>;
let conversations = 0;
let conversation: Conversation;
before(async () => {
  table = await StateTable.open();
});
after(() => table?.close());
beforeEach(() => {
  table.interfere = (_request, _response, pass) => pass();
  conversation = newConversation();
  store = instance();
});

/** The store as another instance of the bot has it. */
function instance(name = stateTable): ConversationStore<Memory> {
  return new ConversationStore(table.table(name));
}

function newConversation(): Conversation {
  return { channelId: "directline", conversation: { id: `c${++conversations}` } };
}

async function stored(of = conversation): Promise<Memory> {
  return (await instance().change(of, async (memory) => structuredClone(memory))).result;
}

async function replace(memory: Memory, of = conversation): Promise<void> {
  await store.change(of, async (now) => {
    for (const field of Object.keys(now)) delete now[field];
    // Not by assignment, so that "__proto__" is a field like any other.
    for (const [field, value] of Object.entries(memory)) Object.defineProperty(now, field, property(value));
  });
}

function property(value: unknown): PropertyDescriptor {
  return { value, enumerable: true, configurable: true, writable: true };
}

/** The row as the table has it. */
async function row(): Promise<TableEntityResult<Record<string, unknown>> | undefined> {
  const filter = `key eq 'directline/conversations/${conversation.conversation.id}/'`;
  for await (const found of table.client.listEntities<Record<string, unknown>>({ queryOptions: { filter } }))
    return found;
  return undefined;
}

function add(seen: string) {
  return async (memory: Memory) => {
    memory.seen = [...(memory.seen ?? []), seen];
    return memory.seen.length;
  };
}

test("a memory is empty at first, and then as it was changed", async () => {
  assert.equal((await store.change(conversation, add("a"))).result, 1);
  assert.equal((await store.change(conversation, add("b"))).result, 2);
  assert.deepEqual(await stored(), { seen: ["a", "b"] });
});

test("a memory that was not changed is not written", async () => {
  await store.change(conversation, async () => undefined);
  assert.equal(await row(), undefined);
  await store.change(conversation, add("a"));
  const before = (await row())?.etag;
  const { undo } = await store.change(conversation, async (memory) => memory.seen);
  await undo();
  assert.equal((await row())?.etag, before);
});

test("a change replaces the whole memory", async () => {
  await replace({ old: "x".repeat(100_000), both: 1 });
  const etag = (await row())?.etag;
  await replace({ both: 2 });
  assert.deepEqual(await stored(), { both: 2 });
  const now = await row();
  assert.equal(now?.d1, undefined);
  assert.notEqual(now?.etag, etag);
});

test("of turns at once in several instances none is lost, and each sees what it goes on from", async () => {
  for (let round = 0; round < 10; round++) {
    conversation = newConversation();
    const results = await Promise.all(
      [1, 2, 3].map(async (turn) => (await instance().change(conversation, add(`turn ${turn}`))).result),
    );
    assert.deepEqual(results.sort(), [1, 2, 3]);
    assert.deepEqual((await stored()).seen?.sort(), ["turn 1", "turn 2", "turn 3"]);
  }
});

test("a turn that loses a race works again on the newer memory", async () => {
  const seen: unknown[] = [];
  const { result } = await store.change(conversation, async (memory) => {
    seen.push(structuredClone(memory));
    if (seen.length === 1) await instance().change(conversation, add("the winner"));
    return add("the loser")(memory);
  });
  assert.equal(result, 2);
  assert.deepEqual(seen, [{}, { seen: ["the winner"] }]);
});

test("a turn that loses every race gives up after ten tries", async () => {
  let worked = 0;
  const contested = store.change(conversation, async (memory) => {
    await instance().change(conversation, add("again"));
    memory.count = ++worked;
  });
  await assert.rejects(
    contested,
    (error) => error instanceof TableUnreachableError && /came first/.test(error.message),
  );
  assert.equal(worked, 10);
  assert.equal((await stored()).count, undefined);
});

test("work that fails stores nothing, and is not repeated", async () => {
  let worked = 0;
  const fails = store.change(conversation, async (memory) => {
    memory.count = ++worked;
    throw new Error("in the work");
  });
  await assert.rejects(fails, /in the work/);
  assert.equal(worked, 1);
  assert.equal(await row(), undefined);
});

test("a change can be undone", async () => {
  const first = await store.change(conversation, add("a"));
  const second = await store.change(conversation, add("b"));
  await second.undo();
  assert.deepEqual((await stored()).seen, ["a"]);
  await first.undo();
  assert.equal((await stored()).seen, undefined);
});

test("a change is not undone after another change", async () => {
  await store.change(conversation, add("a"));
  const { undo } = await store.change(conversation, add("b"));
  await store.change(conversation, add("c"));
  await undo();
  assert.deepEqual((await stored()).seen, ["a", "b", "c"]);
});

test("a change is not undone when another change comes in between", async () => {
  class Raced extends MemoryTable {
    before?: () => Promise<unknown>;
    override async updateEntity(...parts: Parameters<MemoryTable["updateEntity"]>): Promise<void> {
      const { before } = this;
      this.before = undefined;
      await before?.();
      await super.updateEntity(...parts);
    }
  }
  const raced = new Raced();
  const [one, other] = [new ConversationStore<Memory>(raced), new ConversationStore<Memory>(raced)];
  const { undo } = await one.change(conversation, add("a"));
  raced.before = () => other.change(conversation, add("b"));
  await undo();
  const { result } = await one.change(conversation, async ({ seen }) => seen);
  assert.deepEqual(result, ["a", "b"]);
});

test("every conversation has a memory of its own, whatever its id", async () => {
  const ids = [
    "",
    " ",
    "  ",
    "/",
    "\\",
    "#",
    "?",
    "%2F",
    "!@#$%^&*()~/\\><,.?';\"`~",
    "a\u0000b",
    "a\tb\r\n",
    "\u007f\u0085",
    "A",
    "a",
    "é",
    "e\u0301",
    "日本語/😀",
    "\ud83d",
    "\ude00",
    "\uffff",
    "__proto__",
    "constructor",
    "x".repeat(5_000),
    `${"x".repeat(5_000)}y`,
    `${"x".repeat(499)}😀`,
    "PartitionKey eq 'x' or true",
  ];
  const odd = ["msteams", "directline"].flatMap((channelId) => ids.map((id) => ({ channelId, conversation: { id } })));
  for (const [count, of] of odd.entries()) await replace({ count }, of);
  for (const [count, of] of odd.entries()) assert.deepEqual(await stored(of), { count }, JSON.stringify(of));
});

test("any JSON comes back as it was", async () => {
  const texts = [
    "",
    "ünï¢ødé 👋🏽 日本語 العربية",
    "\u0000\u0001\u001f\u007f\u0085\u2028\u2029\ufeff\ufffe\uffff",
    "half pairs: \ud83d and \ude00",
    '"\\/\b\f\n\r\t</script>',
    "2018-04-29T14:15:26.000Z",
    "\uffff".repeat(9),
  ];
  const values = { number: 1.5, yes: true, no: null, list: [1, [2], {}], deep: { er: { est: [] } }, empty: "" };
  const memory = { ...values, texts, ...Object.fromEntries(texts.map((text, index) => [text, index])) };
  await replace(memory);
  assert.deepEqual(await stored(), memory);
});

test("fields may be called as the table's own are", async () => {
  const memory = { partitionKey: "p", rowKey: "r", timestamp: "t", etag: "e", key: "k", write: "w", d0: "0", d1: "1" };
  await replace(memory);
  assert.deepEqual(await stored(), memory);
});

test("a large memory comes back whole, wherever its chunks end", async () => {
  for (const unit of ["x", "é", "😀", '"']) {
    for (const length of [31_980, 31_990, 31_995, 32_000, 32_001, 64_000, 150_000]) {
      const text = `${"-".repeat(length % 7)}${unit.repeat(length / unit.length)}`;
      await replace({ text });
      assert.equal((await stored()).text, text, `${length} of ${unit}`);
    }
  }
  const text = "x".repeat(largestMemory - '{"text":""}'.length);
  await replace({ text });
  assert.equal((await stored()).text, text, "the largest of all");
});

test("a memory that is too large is refused in words, and the one before stays", async () => {
  await replace({ text: "here" });
  const sizes: [number, string][] = [
    [largestMemory + 1, "x"],
    [3_000_000, "x"],
    [largestMemory - 100, "日"], // Azurite counts the bytes of the request
  ];
  for (const [length, unit] of sizes) {
    await assert.rejects(
      replace({ text: unit.repeat(length) }),
      (error: Error) =>
        error instanceof MemoryTooLargeError &&
        error.message.includes(`"directline/conversations/${conversation.conversation.id}/" is too large`) &&
        !error.message.includes("xxx"),
    );
  }
  assert.equal((await stored()).text, "here");
});

test("the row says to people which conversation it is of, under botbuilder's own key", async () => {
  await replace({ id: 1 });
  const found = await row();
  assert.match(found?.partitionKey ?? "", /^[0-9a-f]{64}$/);
  assert.deepEqual([found?.rowKey, found?.d0], ["item", '{"id":1}']);
});

/** The errors of a change and of an undo. */
async function refusals(of: ConversationStore<Memory>, undo = async () => {}): Promise<unknown[]> {
  const operations = [
    () => of.change(conversation, async () => undefined),
    () => of.change(newConversation(), add("a")),
    undo,
  ];
  return Promise.all(
    operations.map((operation) =>
      operation().then(
        () => "no refusal",
        (error) => error,
      ),
    ),
  );
}

test("a table that is missing is not made, and the error says who makes it", async () => {
  for (const error of (await refusals(instance("nowhere"))).slice(0, 2)) {
    assert(error instanceof TableUnreachableError, String(error));
    assert.equal(
      error.message,
      'The table nowhere cannot be used: it does not exist. The Pulumi program makes it: run "pulumi up".',
    );
  }
});

test("a service that fails is an error, never an empty memory; and the next call is as good as the first", async () => {
  const failures: [RegExp, typeof table.interfere][] = [
    [
      /table botstate cannot be used: the role Storage Table Data Contributor is missing/,
      (_request, response) => {
        const body = { "odata.error": { code: "AuthorizationPermissionMismatch", message: { value: "no" } } };
        response.writeHead(403, { "content-type": "application/json" }).end(JSON.stringify(body));
      },
    ],
    [/table botstate cannot be used: /, (_request, response) => void response.writeHead(500).end()],
    [/table botstate cannot be used: /, (request) => void request.socket.destroy()],
    [/table botstate cannot be used: /, (_request, response) => void response.writeHead(404).end()], // of a proxy: not the table's own words
  ];
  const fresh = instance();
  for (const [says, failure] of failures) {
    const { undo } = await fresh.change(conversation, add("a"));
    table.interfere = failure;
    for (const error of await refusals(fresh, undo)) {
      assert(error instanceof TableUnreachableError, String(error));
      assert.match(error.message, says);
    }
    table.interfere = (_request, _response, pass) => pass();
    await fresh.change(conversation, add("works"));
    assert.equal((await stored()).seen?.at(-1), "works");
  }
});

test("a write whose answer was lost on the way is no conflict with itself", async () => {
  for (const seen of ["new", "changed"]) {
    let [lost, worked] = [0, 0];
    table.interfere = (request, response, pass) => {
      if (request.method === "GET" || lost++) return pass();
      response.end = () => response.socket?.destroy() as never; // done, but nobody hears of it
      pass();
    };
    const { result } = await store.change(conversation, async (memory) => {
      worked++;
      return add(seen)(memory);
    });
    assert.deepEqual([lost, worked], [2, 1], "the write was tried again, and the work was not");
    table.interfere = (_request, _response, pass) => pass();
    assert.equal((await stored()).seen?.length, result);
  }
});

test("a request that is never answered ends", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let arrived = () => {};
  const request = new Promise<void>((resolve) => (arrived = resolve));
  table.interfere = () => arrived();
  const reading = assert.rejects(stored(), /table botstate cannot be used: a request took longer than 4000 ms/);
  await request;
  t.mock.timers.tick(4_000);
  await reading;
});
