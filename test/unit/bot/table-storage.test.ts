import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import type { StoreItem, StoreItems } from "botbuilder";
import { ItemTooLargeError, maxItemLength } from "../../../bot/state/entity";
import { absent, StateConflictError, type TableStorage } from "../../../bot/state/table-storage";
import { TableUnreachableError } from "../../../core/tables/table";
import { StateTable } from "../helpers/state-table";

/** The rules are those of botbuilder-core's `Storage`: its documentation, and the tests of its own storages. */
let table: StateTable;
let storage: TableStorage;
let keys = 0;
before(async () => {
  table = await StateTable.open();
});
after(() => table?.close());
beforeEach(() => {
  table.interfere = (_request, _response, pass) => pass();
  storage = table.instance();
});

function newKey(): string {
  return `directline/conversations/${++keys}/`;
}

async function readOne(key: string): Promise<StoreItem> {
  return (await storage.read([key]))[key];
}

test("what was never written is not there", async () => {
  assert.deepEqual(await storage.read([newKey(), newKey()]), {});
  assert.deepEqual(await storage.read([]), {});
});

test("null for keys or items is as good as none", async () => {
  assert.deepEqual(await storage.read(null as unknown as string[]), {});
  await storage.write(null as unknown as StoreItems);
  await storage.write([] as StoreItems);
  await storage.write({});
  await storage.delete(null as unknown as string[]);
});

test("what is written is read again, with an eTag, which is no part of it", async () => {
  const [one, other] = [newKey(), newKey()];
  const item = {
    text: "a",
    number: 1.5,
    yes: true,
    no: null,
    list: [1, [2], {}],
    deep: { er: { est: [] } },
    empty: "",
  };
  await storage.write({ [one]: item, [other]: { id: 2 } });
  const read = await storage.read([one, other, newKey(), one]);
  assert.deepEqual(Object.keys(read).sort(), [one, other].sort());
  const { eTag, ...rest } = read[one];
  assert.match(eTag, /./);
  assert.deepEqual(rest, item);
  assert.deepEqual({ ...item }, item, "and it is not changed by being written");
});

test("an empty item is an item", async () => {
  const key = newKey();
  await storage.write({ [key]: {} });
  assert.deepEqual(Object.keys(await readOne(key)), ["eTag"]);
});

test("a write replaces the whole item, and its eTag", async () => {
  const key = newKey();
  await storage.write({ [key]: { old: "x".repeat(100_000), both: 1 } });
  const { eTag } = await readOne(key);
  await storage.write({ [key]: { both: 2, eTag } });
  const now = await readOne(key);
  assert.deepEqual({ ...now, eTag: undefined }, { both: 2, eTag: undefined });
  assert.notEqual(now.eTag, eTag);
});

test("without an eTag, with an empty one, or with *, it is written whatever is there", async () => {
  const key = newKey();
  for (const [count, eTag] of [undefined, "", "*"].entries()) {
    for (const already of [false, true]) {
      if (!already) await storage.delete([key]);
      await storage.write({ [key]: { count, eTag } });
      assert.equal((await readOne(key)).count, count);
    }
  }
});

test("with the eTag of what is there it is written, with another one it is not", async () => {
  const key = newKey();
  await storage.write({ [key]: { count: 1 } });
  const { eTag } = await readOne(key);
  await storage.write({ [key]: { count: 2, eTag } });
  await assert.rejects(storage.write({ [key]: { count: 3, eTag } }), StateConflictError);
  assert.equal((await readOne(key)).count, 2);
  const { eTag: newest } = await readOne(key);
  await storage.write({ [key]: { count: 4, eTag: newest } });
  assert.equal((await readOne(key)).count, 4);
});

test("with the eTag of what has been deleted it is not written", async () => {
  const key = newKey();
  await storage.write({ [key]: { count: 1 } });
  const { eTag } = await readOne(key);
  await storage.delete([key]);
  await assert.rejects(storage.write({ [key]: { count: 2, eTag } }), StateConflictError);
  assert.deepEqual(await storage.read([key]), {});
});

test("what must not be there yet is written once", async () => {
  const key = newKey();
  await storage.write({ [key]: { count: 1, eTag: absent } });
  await assert.rejects(storage.write({ [key]: { count: 2, eTag: absent } }), StateConflictError);
  assert.equal((await readOne(key)).count, 1);
});

test("a conflict of one item is told, and does not keep the others from being written", async () => {
  const [one, other] = [newKey(), newKey()];
  await storage.write({ [one]: { count: 1 } });
  const changes = { [one]: { count: 2, eTag: absent }, [other]: { count: 2 } };
  await assert.rejects(storage.write(changes), { name: "StateConflictError", message: new RegExp(one) });
  assert.deepEqual([(await readOne(one)).count, (await readOne(other)).count], [1, 2]);
});

test("of many writers with the same eTag exactly one wins, and it knows", async () => {
  const key = newKey();
  for (const eTag of [() => absent, async () => (await readOne(key)).eTag]) {
    const seen = await eTag();
    const writers = Array.from({ length: 10 }, (_, writer) =>
      table
        .instance()
        .write({ [key]: { writer, eTag: seen } })
        .then(() => writer),
    );
    const outcomes = await Promise.allSettled(writers);
    const winners = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
    for (const outcome of outcomes)
      if (outcome.status === "rejected") assert(outcome.reason instanceof StateConflictError);
    assert.deepEqual(winners, [(await readOne(key)).writer]);
  }
});

test("what is deleted is gone, and what is not there can be deleted", async () => {
  const [one, other] = [newKey(), newKey()];
  await storage.write({ [one]: { id: 1 }, [other]: { id: 2 } });
  await storage.delete([one, newKey(), one]);
  assert.deepEqual(Object.keys(await storage.read([one, other])), [other]);
});

test("any string is a key of its own", async () => {
  const odd = [
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
  await storage.write(Object.fromEntries(odd.map((key, index) => [key, { index }])));
  const read = await storage.read(odd);
  for (const [index, key] of odd.entries())
    assert.equal(Object.getOwnPropertyDescriptor(read, key)?.value.index, index, key);
  await storage.delete(odd);
  assert.deepEqual(await storage.read(odd), {});
});

test("any text comes back as it was", async () => {
  const texts = [
    "",
    "ünï¢ødé 👋🏽 日本語 العربية",
    "\u0000\u0001\u001f\u007f\u0085\u2028\u2029\ufeff\ufffe\uffff",
    "half pairs: \ud83d and \ude00",
    '"\\/\b\f\n\r\t</script>',
    "2018-04-29T14:15:26.000Z",
    "\uffff".repeat(9),
  ];
  const key = newKey();
  const item = { texts, ...Object.fromEntries(texts.map((text, index) => [text, index])) };
  await storage.write({ [key]: item });
  const { eTag: _, ...read } = await readOne(key);
  assert.deepEqual(read, item);
});

test("properties may be called as the table's own are, but for the eTag", async () => {
  const key = newKey();
  const item = { partitionKey: "p", rowKey: "r", timestamp: "t", etag: "e", key: "k", write: "w", d0: "0", d1: "1" };
  await storage.write({ [key]: item });
  const { eTag: _, ...read } = await readOne(key);
  assert.deepEqual(read, item);
});

test("a large item comes back whole, wherever its chunks end", async () => {
  const key = newKey();
  for (const unit of ["x", "é", "😀", '"']) {
    for (const length of [31_980, 31_990, 31_995, 32_000, 32_001, 64_000, 150_000]) {
      const text = `${"-".repeat(length % 7)}${unit.repeat(length / unit.length)}`;
      await storage.write({ [key]: { text } });
      assert.equal((await readOne(key)).text, text, `${length} of ${unit}`);
    }
  }
  const text = "x".repeat(maxItemLength - '{"text":""}'.length);
  await storage.write({ [key]: { text } });
  assert.equal((await readOne(key)).text, text, "the largest of all");
});

test("an item that is too large is refused in words, and what was there stays", async () => {
  const key = newKey();
  await storage.write({ [key]: { text: "here" } });
  const sizes: [number, string][] = [
    [maxItemLength + 1, "x"],
    [3_000_000, "x"],
    [maxItemLength - 100, "日"], // Azurite counts the bytes of the request
  ];
  for (const [length, unit] of sizes) {
    await assert.rejects(
      storage.write({ [key]: { text: unit.repeat(length) } }),
      (error: Error) =>
        error instanceof ItemTooLargeError &&
        error.message.includes(`"${key}" is too large`) &&
        !error.message.includes("xxx"),
    );
  }
  assert.equal((await readOne(key)).text, "here");
});

test("the entity says to people which key it is of", async () => {
  const key = newKey();
  await storage.write({ [key]: { id: 1 } });
  const found = [];
  for await (const entity of table.client.listEntities({ queryOptions: { filter: `key eq '${key}'` } }))
    found.push(entity);
  assert.deepEqual(
    found.map(({ partitionKey, rowKey, d0 }) => [/^[0-9a-f]{64}$/.test(partitionKey ?? ""), rowKey, d0]),
    [[true, "item", '{"id":1}']],
  );
});

/** Every operation, and what it is told. */
async function refusals(of: TableStorage): Promise<unknown[]> {
  const key = newKey();
  const operations = [
    () => of.read([key]),
    () => of.write({ [key]: {} }),
    () => of.write({ [key]: { eTag: absent } }),
    () => of.write({ [key]: { eTag: "W/\"datetime'2018-04-29T14%3A15%3A26Z'\"" } }),
    () => of.delete([key]),
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
  for (const error of await refusals(table.instance("nowhere"))) {
    assert(error instanceof TableUnreachableError, String(error));
    assert.equal(
      error.message,
      'The table nowhere cannot be used: it does not exist. The Pulumi program makes it: run "pulumi up".',
    );
  }
});

test("a service that fails is an error, never an item that is not there; and the next call is as good as the first", async () => {
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
  const key = newKey();
  const fresh = table.instance();
  for (const [says, failure] of failures) {
    table.interfere = failure;
    for (const error of await refusals(fresh)) {
      assert(error instanceof TableUnreachableError, String(error));
      assert.match(error.message, says);
    }
    table.interfere = (_request, _response, pass) => pass();
    await fresh.write({ [key]: { works: true } });
    assert.equal((await fresh.read([key]))[key].works, true);
  }
});

test("a write whose answer was lost on the way is no conflict with itself", async () => {
  const key = newKey();
  for (const eTag of [absent, undefined]) {
    const seen = eTag ?? (await readOne(key)).eTag;
    let lost = 0;
    table.interfere = (request, response, pass) => {
      if (request.method === "GET" || lost++) return pass();
      response.end = () => response.socket?.destroy() as never; // done, but nobody hears of it
      pass();
    };
    await storage.write({ [key]: { seen, eTag: seen } });
    assert.equal(lost, 2, "it was tried again");
    table.interfere = (_request, _response, pass) => pass();
    assert.equal((await readOne(key)).seen, seen);
    await assert.rejects(
      storage.write({ [key]: { eTag: seen } }),
      StateConflictError,
      "and nobody else's eTag is good any more",
    );
  }
});

test("a request that is never answered ends", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let arrived = () => {};
  const request = new Promise<void>((resolve) => (arrived = resolve));
  table.interfere = () => arrived();
  const reading = assert.rejects(
    storage.read([newKey()]),
    /table botstate cannot be used: a request took longer than 4000 ms/,
  );
  await request;
  t.mock.timers.tick(4_000);
  await reading;
});
