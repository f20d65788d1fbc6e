import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { MemoryStorage, type StoreItems } from "botbuilder";
import { ItemStore, StateContestedError } from "../../../bot/state/item-store";
import { StateConflictError } from "../../../bot/state/table-storage";
import { StateTable } from "../helpers/state-table";

interface Item {
  count?: number;
  seen?: string[];
}

let table: StateTable;
let store: ItemStore<Item>;
let keys = 0;
let key: string;
before(async () => {
  table = await StateTable.open();
});
after(() => table?.close());
beforeEach(() => {
  key = `item ${++keys}`;
  store = new ItemStore(table.instance());
});

async function stored(): Promise<Item | undefined> {
  const item = (await table.instance().read([key]))[key];
  return item && { ...item, eTag: undefined };
}

function add(seen: string) {
  return async (item: Item) => {
    item.seen = [...(item.seen ?? []), seen];
    return item.seen.length;
  };
}

test("an item is empty at first, and then what it was changed to", async () => {
  assert.equal((await store.change(key, add("a"))).result, 1);
  assert.equal((await store.change(key, add("b"))).result, 2);
  assert.deepEqual((await stored())?.seen, ["a", "b"]);
});

test("what was not changed is not written", async () => {
  await store.change(key, async () => undefined);
  assert.equal(await stored(), undefined);
  await store.change(key, add("a"));
  const before = (await table.instance().read([key]))[key].eTag;
  const { undo } = await store.change(key, async (item) => item.seen);
  await undo();
  assert.equal((await table.instance().read([key]))[key].eTag, before);
});

test("of turns at once in several instances none is lost, and each sees what it goes on from", async () => {
  for (let round = 0; round < 10; round++) {
    key = `race ${round}`;
    const instances = [1, 2, 3].map(() => new ItemStore<Item>(table.instance()));
    const results = await Promise.all(
      instances.map(async (instance, index) => (await instance.change(key, add(`turn ${index}`))).result),
    );
    assert.deepEqual(results.sort(), [1, 2, 3]);
    assert.deepEqual((await stored())?.seen?.sort(), ["turn 0", "turn 1", "turn 2"]);
  }
});

test("who loses works again on what the winner left", async () => {
  const seen: unknown[] = [];
  const { result } = await store.change(key, async (item) => {
    seen.push(structuredClone(item));
    if (seen.length === 1) await new ItemStore<Item>(table.instance()).change(key, add("the winner"));
    return add("the loser")(item);
  });
  assert.equal(result, 2);
  assert.deepEqual(seen, [{}, { seen: ["the winner"] }]);
});

test("who loses every time gives up after a few tries, in words", async () => {
  let worked = 0;
  const contested = store.change(key, async (item) => {
    await new ItemStore<Item>(table.instance()).change(key, add("again"));
    item.count = ++worked;
  });
  await assert.rejects(
    contested,
    (error) => error instanceof StateContestedError && error.message.includes(`"${key}"`),
  );
  assert.equal(worked, 5);
  assert.equal((await stored())?.count, undefined);
});

test("work that fails stores nothing, and is not repeated", async () => {
  let worked = 0;
  const fails = store.change(key, async (item) => {
    item.count = ++worked;
    throw new Error("in the work");
  });
  await assert.rejects(fails, /in the work/);
  assert.equal(worked, 1);
  assert.equal(await stored(), undefined);
});

test("what was stored can be put back", async () => {
  const first = await store.change(key, add("a"));
  const second = await store.change(key, add("b"));
  await second.undo();
  assert.deepEqual((await stored())?.seen, ["a"]);
  await first.undo();
  assert.equal((await stored())?.seen, undefined);
});

test("it is not put back over what somebody stored since", async () => {
  await store.change(key, add("a"));
  const { undo } = await store.change(key, add("b"));
  await store.change(key, add("c"));
  await undo();
  assert.deepEqual((await stored())?.seen, ["a", "b", "c"]);
});

test("it is not put back over what somebody stores while it is put back", async () => {
  class Slow extends MemoryStorage {
    conflict = false;
    override async write(changes: StoreItems): Promise<void> {
      if (this.conflict) throw new StateConflictError(key);
      await super.write(changes);
    }
  }
  const storage = new Slow();
  const { undo } = await new ItemStore<Item>(storage).change(key, add("a"));
  storage.conflict = true;
  await undo();
  assert.deepEqual((await storage.read([key]))[key].seen, ["a"]);
});
