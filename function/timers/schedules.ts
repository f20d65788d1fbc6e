import type { InvocationContext, Timer, TimerHandler } from "@azure/functions";
import { audience, broadcastMessage, optedOut, privateConversationsOf } from "../../core/message/broadcast";
import type { QueueMessage } from "../../core/message/queue-message";
import { mapConcurrent } from "../../core/promises";
import type { MessageQueue } from "../../core/queue/message-queue";
import { Batch, Outbox } from "../../core/queue/outbox";
import type { Schedule } from "../../core/schedule";
import { type Deliveries, DeliverySettledError } from "../../core/tables/deliveries";
import { type StoredReference, withoutCopies } from "../../core/tables/stored-reference";
import { type Table, TableUnreachableError } from "../../core/tables/table";

/** The number of messages that are put on the queue at the same time. */
const concurrentMessages = 16;

/** The number of messages after which the log shows the progress. */
const progressStep = 500;

type IdentifiedMessage = QueueMessage & { id: string };

export interface ScheduleServices {
  queue: MessageQueue;
  deliveries: Deliveries;
  references: Table;
  /** For all instances together. */
  sendsPerSecond: number;
}

/**
 * Handles the timer of a schedule: puts one message on the queue for each recipient. A message that fails does not stop the others.
 * The handler @throws Error at its end when messages failed; they are not tried again before the schedule's next time
 */
export function sendSchedule(schedule: Schedule, services: ScheduleServices): TimerHandler {
  const { queue, deliveries, references, sendsPerSecond } = services;
  const outbox = new Outbox(queue, deliveries);
  return async (timer, context) => {
    const { name, text, dialog = "" } = schedule;
    const rows = await references.all<StoredReference>(withoutCopies);
    const { known, unknown, optedOut } = recipients(schedule.to, rows);
    if (optedOut) context.log(`Schedule ${name}: ${optedOut} users are left out because they have opted out`);
    if (unknown) context.warn(`Schedule ${name}: the bot cannot reach ${unknown} of the users in the list`);

    const batch = new Batch(batchId(schedule, timer), sendsPerSecond);
    const content = text === undefined ? { dialog } : { text };
    const messages = known.map((row) => broadcastMessage({ batch: batch.id, ...content }, row));
    context.log(`Schedule ${name}: putting ${messages.length} messages ${batch.id}/… on the queue`);
    const put = (message: IdentifiedMessage) =>
      outbox.put(message, batch).catch((error) => {
        if (!(error instanceof TableUnreachableError)) throw error;
        return queue.enqueue(message, batch.nextTime()); // without its row, because the schedule does not try again
      });
    const failed = await enqueueAll(messages, put, schedule, context);
    if (failed) throw new Error(`${failed} of ${messages.length} messages of schedule ${name} were not queued`);
  };
}

/** Resolves to the number of messages that failed. */
async function enqueueAll(
  messages: IdentifiedMessage[],
  put: (message: IdentifiedMessage) => Promise<void>,
  { name }: Schedule,
  context: InvocationContext,
): Promise<number> {
  let [done, failed, cancelled] = [0, 0, 0];
  await mapConcurrent(concurrentMessages, messages, async (message) => {
    await put(message).catch((error: Error) => {
      if (error instanceof DeliverySettledError) return void cancelled++;
      failed++;
      context.error(`Message ${message.id} was not queued: ${error.message}`);
    });
    if (++done % progressStep === 0) context.log(`Schedule ${name}: ${done} of ${messages.length}`);
  });
  if (cancelled)
    context.warn(`Schedule ${name}: ${cancelled} messages were not queued because an operator cancelled them`);
  return failed;
}

/** The same for a run that the host repeats after a crash, so that each user gets one message. */
function batchId({ name }: Schedule, { scheduleStatus }: Timer): string {
  // A timer that runs every few seconds has no status, and the host does not repeat it.
  const due = scheduleStatus ? new Date(scheduleStatus.next) : new Date(Math.floor(Date.now() / 1000) * 1000);
  return `schedule-${name}-${due.toISOString()}`;
}

/** @param rows all of the table `references` */
function recipients(to: Schedule["to"], rows: StoredReference[]) {
  if (to === "all") {
    const { reached, optedOut } = audience(rows);
    return { known: reached, unknown: 0, optedOut };
  }
  const ids = [...new Set(to)];
  const found = ids.flatMap((id) => privateConversationsOf(id, rows).slice(0, 1));
  const isOut = optedOut(rows);
  const known = found.filter((row) => !isOut(row));
  return { known, unknown: ids.length - found.length, optedOut: found.length - known.length };
}
