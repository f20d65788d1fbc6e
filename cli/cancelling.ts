import { mapConcurrent } from "../core/promises";
import { type Deliveries, type Delivery, isBeingSent, isSettled } from "../core/tables/deliveries";
import { Failure, WrongUsage } from "./failure";
import { isMessageId } from "./message-id";
import { Progress } from "./progress";
import type { Report } from "./report";

export interface CancelOptions {
  /** Also an id of which nothing is known. */
  unseen?: boolean;
}

/** Where messages are looked up and cancelled. */
export interface Cancelling {
  deliveries: Pick<Deliveries, "cancel">;
  delivery(id: string): Promise<Delivery[]>;
  deliveriesOf(batch: string): Promise<Delivery[]>;
}

/** How many are cancelled side by side. */
const atOnce = 16;

const reason = "an operator cancelled it";

/** How many messages were found so when they were to be cancelled. */
interface Found {
  cancelled: number;
  /** Of these: the bot was saying them, so they may still be heard. */
  underWay: number;
  delivered: number;
  failed: number;
}

/**
 * Ends what has not been delivered of a message or a batch. The id itself comes first: whoever puts the rest of a batch on the
 * queue looks there after each row, so each message is seen by one of the two.
 * @throws WrongUsage, Failure when nothing is known of the id
 */
export async function cancel(desk: Cancelling, id: string, { unseen = false }: CancelOptions): Promise<Report> {
  if (!isMessageId(id)) throw new WrongUsage(`"${id}" is no message's id: "status --all" shows those that are known.`);
  const [own] = await desk.delivery(id);
  if (!own && !unseen && !(await desk.deliveriesOf(id)).length) throw new Failure(nothing(id));
  const before = await desk.deliveries.cancel(id, reason);
  const isMessage = before && before.status !== "cancelled"; // a batch that was cancelled before has a row, too
  const batch = isMessage ? [] : await desk.deliveriesOf(id);
  const rows = batch.length ? await cancelAll(desk, batch) : [before];
  return report(id, rows, batch.length > 0);
}

/** Resolves to the rows as they were. */
async function cancelAll(desk: Cancelling, batch: Delivery[]): Promise<(Delivery | undefined)[]> {
  const progress = new Progress(batch.length, "looked at");
  let done = 0;
  const before = await mapConcurrent(atOnce, batch, async ({ id }) => {
    const row = await desk.deliveries.cancel(id, reason);
    progress.at(++done);
    return row;
  });
  progress.end();
  return before;
}

function report(id: string, before: (Delivery | undefined)[], isBatch: boolean): Report {
  const found = count(before);
  const data = { ...(isBatch ? { batch: id } : { id }), ...found };
  return { data, text: isBatch ? batchText(found) : messageText(id, before[0]) };
}

function count(before: (Delivery | undefined)[]): Found {
  const found = { cancelled: 0, underWay: 0, delivered: 0, failed: 0 };
  for (const row of before) {
    const status = isSettled(row?.status) ? row.status : "cancelled";
    found[status]++;
    if (isBeingSent(row)) found.underWay++;
  }
  return found;
}

function batchText({ cancelled, underWay, delivered, failed }: Found): string {
  const ended = `${cancelled} cancelled. ${delivered} had been delivered before, ${failed} had failed.`;
  return underWay
    ? `${ended}\n${underWay} of the cancelled were being said at that moment, and may still be heard.`
    : ended;
}

function messageText(id: string, before: Delivery | undefined): string {
  if (isSettled(before?.status)) return `${id} was ${before.status} before.`;
  if (isBeingSent(before)) return `${id} is cancelled. It was being said at that moment, and may still be heard.`;
  return before
    ? `${id} is cancelled.`
    : `${id} is cancelled: if it comes to the queue, or is there already, it is not said.`;
}

function nothing(id: string): string {
  return `Nothing is known of ${id}, so nothing was cancelled. With --unseen it is not said when it comes, if it comes.`;
}
