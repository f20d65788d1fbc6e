import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { deliveriesTable, referencesTable } from "../../../core/names";
import { Deliveries } from "../../../core/tables/deliveries";
import type { StoredReference } from "../../../core/tables/stored-reference";
import { cleanUp } from "../../../function/timers/clean-up";
import { TestInvocation, timer } from "../helpers/invocation";
import { StateTable } from "../helpers/state-table";

let tables: StateTable;
before(async () => {
  tables = await StateTable.open();
});
after(() => tables?.close());

const day = 24 * 60 * 60 * 1000;

test("deliveries that have not changed for the given days are removed, and the log has their number", async (t) => {
  const deliveries = new Deliveries(tables.table(deliveriesTable));
  await deliveries.markDelivered("a", new Date());
  await deliveries.markDelivered("b", new Date());
  const records = new Deliveries(tables.table(deliveriesTable));
  const handler = cleanUp(records, tables.table(referencesTable), { delivery: 30, reference: 0 });

  const early = new TestInvocation();
  await handler(timer(), early.context);
  assert.deepEqual(early.lines, ["info Clean-up: 0 deliveries that had not changed for 30 days were removed"]);
  assert.ok(await deliveries.read("a"));

  t.mock.timers.enable({ apis: ["Date"], now: Date.now() + 30 * day + 60_000 });
  const late = new TestInvocation();
  await handler(timer(), late.context);
  assert.deepEqual(late.lines, ["info Clean-up: 2 deliveries that had not changed for 30 days were removed"]);
  assert.equal(await deliveries.read("a"), undefined);
});

test("only chat visitors that have not written for the given days are removed", async () => {
  const references = tables.table(referencesTable);
  const records = new Deliveries(tables.table(deliveriesTable));
  const keep = (channelId: string, conversationId: string, days: number) => {
    const seenAt = new Date(Date.now() - days * day);
    const row = { channelId, conversationId, userId: "u", serviceUrl: "", reference: "{}", seenAt };
    const entity = { partitionKey: conversationId, rowKey: "u", ...row };
    return references.request((client, options) => client.upsertEntity(entity, "Replace", options));
  };
  await keep("webchat", "old visitor", 91);
  await keep("directline", "another", 400);
  await keep("webchat", "new visitor", 89);
  await keep("msteams", "silent colleague", 400);
  const known = async () =>
    (await references.all<StoredReference>()).map(({ conversationId }) => conversationId).sort();

  await cleanUp(records, references, { delivery: 30, reference: 0 })(timer(), new TestInvocation().context);
  assert.equal((await known()).length, 4, "0 forgets nobody");
  const invocation = new TestInvocation();
  await cleanUp(records, references, { delivery: 30, reference: 90 })(timer(), invocation.context);
  assert.deepEqual(await known(), ["new visitor", "silent colleague"]);
  assert.equal(
    invocation.lines.at(-1),
    "info Clean-up: 2 chat visitors who had not written for 90 days were forgotten",
  );
});
