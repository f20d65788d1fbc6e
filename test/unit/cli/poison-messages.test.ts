import assert from "node:assert/strict";
import { test } from "node:test";
import { requeue, toReceived } from "../../../cli/poison-messages";
import type { QueueMessage, ReceivedMessage } from "../../../core/message/queue-message";
import type { HeldPoison } from "../../../core/queue/poison-queue";
import { type Delivery, DeliverySettledError } from "../../../core/tables/deliveries";

const relatesTo = { conversation: { id: "c" }, channelId: "directline" as const, serviceUrl: "https://example.com/" };

function held(message: Partial<QueueMessage> = {}): HeldPoison {
  const whole = { relatesTo, text: "hello", id: "order-7", ...message };
  return { queueId: "q-1", receipt: "r", since: new Date(), text: JSON.stringify(whole), message: whole };
}

/** Where a message goes, with one step that fails. */
function steps(failing?: string, failure: Error = new Error(`no ${failing}`), row?: Delivery) {
  const done: string[] = [];
  const step = async (name: string, what: unknown) => {
    if (name === failing) throw failure;
    done.push(`${name} ${what}`);
  };
  const where = {
    deliveries: {
      read: async () => row && { ...row, etag: "" },
      reopen: (id: string) => step("reopen", id),
      markFailed: (id: string, reason: string) => step("failed", `${id}: ${reason}`),
    },
    queue: { restore: ({ id }: ReceivedMessage) => step("restore", id) },
    poison: { remove: ({ queueId }: HeldPoison) => step("remove", queueId) },
  };
  return { done, where };
}

test("the row is opened before the message is on the queue, and the message leaves the poison queue last", async () => {
  const { done, where } = steps();
  assert.equal(await requeue(where, held()), "order-7");
  assert.deepEqual(done, ["reopen order-7", "restore order-7", "remove q-1"]);
});

test("after a failed step the message is still in the poison queue, and all steps can be repeated", async () => {
  for (const [failing, before] of Object.entries({ reopen: 0, restore: 1, remove: 2 })) {
    const { done, where } = steps(failing);
    await assert.rejects(requeue(where, held()), { message: `no ${failing}` });
    assert.equal(done.length, before);
    assert.ok(!done.some((step) => step.startsWith("remove")));
  }
});

test("a message that cannot be put on the queue is failed again, with its old reason", async () => {
  const { done, where } = steps("restore", undefined, { id: "order-7", status: "failed", reason: "gone" });
  await assert.rejects(requeue(where, held()), { message: "no restore" });
  assert.deepEqual(done, ["reopen order-7", "failed order-7: gone"]);
});

test("a delivered message is not sent again", async () => {
  const { done, where } = steps("reopen", new DeliverySettledError("delivered"));
  await assert.rejects(
    requeue(where, held()),
    /^CommandError: The message is already delivered\. Delete it with "poison drop"/,
  );
  assert.deepEqual(done, []);
});

test("a message keeps its text, and its own id or the poison queue's", () => {
  const { text, message } = held();
  assert.deepEqual(toReceived(held()), { id: "order-7", json: text, message });
  assert.equal(toReceived(held({ id: undefined })).id, "requeued-q-1");
});

test("an invalid message is refused with its problem", () => {
  const broken = { ...held(), message: undefined, problem: "text is missing" };
  assert.throws(() => toReceived(broken), /The message is invalid, and no retry can succeed: text is missing/);
});
