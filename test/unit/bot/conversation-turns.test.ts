import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { ConversationTurns } from "../../../bot/channel/conversation-turns";
import { withTimeout } from "../../../core/promises";

test("turns of one conversation run in the order in which they came, one at a time", async () => {
  const turns = new ConversationTurns();
  const order: string[] = [];
  const turn = (name: number, milliseconds: number) =>
    turns.run("a", async () => {
      order.push(`${name} begins`);
      await wait(milliseconds);
      order.push(`${name} ends`);
      return name;
    });
  assert.deepEqual(await Promise.all([turn(1, 20), turn(2, 1), turn(3, 0)]), [1, 2, 3]);
  assert.deepEqual(order, ["1 begins", "1 ends", "2 begins", "2 ends", "3 begins", "3 ends"]);
});

test("other conversations do not wait", async () => {
  const turns = new ConversationTurns();
  let finish = () => {};
  const slow = turns.run("a", () => new Promise<void>((resolve) => (finish = resolve)));
  assert.equal(await turns.run("b", async () => "b"), "b");
  finish();
  await slow;
});

test("a turn that hangs does not silence its conversation", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const turns = new ConversationTurns();
  const hangs = assert.rejects(
    turns.run("a", () => new Promise<void>(() => {})),
    /longer than 25000 ms/,
  );
  const next = turns.run("a", async () => "next");
  t.mock.timers.tick(25_000);
  await hangs;
  assert.equal(await next, "next");
});

test("a turn that fails, even at once, tells its caller and does not stop the next", async () => {
  const turns = new ConversationTurns();
  const fails = turns.run("a", async () => {
    throw new Error("first");
  });
  const throws = turns.run("a", () => {
    throw new Error("second");
  });
  const works = turns.run("a", async () => "third");
  await assert.rejects(fails, /first/);
  await assert.rejects(throws, /second/);
  assert.equal(await works, "third");
  await assert.rejects(
    turns.run("a", () => {
      throw new Error("alone");
    }),
    /alone/,
  );
  assert.equal(await turns.run("a", async () => "after"), "after");
});

test("a conversation is forgotten after its last turn", async () => {
  const turns = new ConversationTurns();
  await Promise.allSettled(
    Array.from({ length: 100 }, (_, i) =>
      turns.run(String(i % 10), async () => {
        if (i % 3 === 0) throw new Error("sometimes");
      }),
    ),
  );
  assert.equal((turns as unknown as { last: Map<string, unknown> }).last.size, 0);
});

test("within settles as the work does, or says what took too long", async () => {
  assert.equal(await withTimeout(1_000, "it", Promise.resolve(1)), 1);
  await assert.rejects(withTimeout(1_000, "it", Promise.reject(new Error("no"))), /^Error: no$/);
  const late = wait(50).then(() => Promise.reject(new Error("nobody listens any more")));
  await assert.rejects(withTimeout(5, "the send", late), /the send took longer than 5 ms/);
  await wait(80); // a rejection that nobody handled would end the process here
});
