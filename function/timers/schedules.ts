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

/** How many messages are put on the queue side by side. */
const atOnce = 16;

/** After how many messages the log tells how far it has come. */
const progressStep = 500;

type Addressed = QueueMessage & { id: string };

export interface SchedulesParts {
  queue: MessageQueue;
  deliveries: Deliveries;
  references: Table;
  /** Of all instances. */
  sendsPerSecond: number;
}

/**
 * Puts on the queue what a schedule has to say, to each of those it is for. One that fails holds up no other.
 * The handler @throws Error when it failed for some: their next chance is the schedule's next time
 */
export function sendSchedule(schedule: Schedule, parts: SchedulesParts): TimerHandler {
  const { queue, deliveries, references, sendsPerSecond } = parts;
  const outbox = new Outbox(queue, deliveries);
  return async (timer, context) => {
    const rows = await references.all<StoredReference>(withoutCopies);
    const { known, unknown, optedOut } = recipients(schedule.to, rows);
    if (optedOut) context.log(`Schedule ${schedule.name}: ${optedOut} users are left out because they have opted out`);
    if (unknown) context.warn(`Schedule ${schedule.name}: the bot cannot speak to ${unknown} of the users in its list`);
    const notice = { ...content(schedule), batch: batchOf(schedule, timer) };
    context.log(`Schedule ${schedule.name}: ${known.length} messages ${notice.batch}/… begin`);
    const messages = known.map((row) => broadcastMessage(notice, row));
    const batch = new Batch(notice.batch, sendsPerSecond);
    const put = (message: Addressed) =>
      outbox.put(message, batch).catch((error) => {
        if (!(error instanceof TableUnreachableError)) throw error;
        return queue.enqueue(message, batch.nextTime()); // the schedule has no second chance: the message goes without its row
      });
    const failed = await enqueue(messages, put, schedule, context);
    if (failed) throw new Error(`${failed} of ${known.length} messages of schedule ${schedule.name} were not queued`);
  };
}

/** How many could not be put on the queue. */
async function enqueue(
  messages: Addressed[],
  put: (message: Addressed) => Promise<void>,
  { name }: Schedule,
  context: InvocationContext,
): Promise<number> {
  let [done, failed, cancelled] = [0, 0, 0];
  await mapConcurrent(atOnce, messages, async (message) => {
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

function content({ text, dialog }: Schedule): { text?: string; dialog?: string } {
  return text === undefined ? { dialog: dialog ?? "" } : { text };
}

/** The same for a run that is repeated because the host died in it: who was asked then is not asked again. */
function batchOf({ name }: Schedule, { scheduleStatus }: Timer): string {
  // The host says nothing to a timer that runs every few seconds, and does not repeat it either.
  const due = scheduleStatus ? new Date(scheduleStatus.next) : thisSecond();
  return `schedule-${name}-${due.toISOString()}`;
}

function thisSecond(): Date {
  return new Date(Math.floor(Date.now() / 1000) * 1000);
}

/** Where to speak to those whom a schedule is for. */
export interface Recipients {
  known: StoredReference[];
  /** How many the bot has not heard of. */
  unknown: number;
  /** How many are left out because they have opted out. */
  optedOut: number;
}

/** @param rows all of the table `references` */
export function recipients(to: Schedule["to"], rows: StoredReference[]): Recipients {
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
