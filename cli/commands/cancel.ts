import type { Command } from "commander";
import { messageId } from "../../core/message/queue-message";
import { mapConcurrent } from "../../core/promises";
import { type Deliveries, type Delivery, isBeingSent, isSettled } from "../../core/tables/deliveries";
import { CommandError, UsageError } from "../errors";
import { Progress } from "../output/terminal";
import { type Report, runCommand } from "../run-command";
import type { StackClient } from "../stack-client";

const notes = `
ID is the id of a message, or of a batch: "send --all" prints it, and a run of a schedule has schedule-NAME-TIME. Messages
that are not delivered yet will not be delivered. A batch that is still being put on the queue stops, too.

Examples:
  npm run cli -- cancel send-20261122T210000Z-x1y2z3
  npm run cli -- cancel schedule-weekday-2026-11-23T09:00:00.000Z
  npm run cli -- cancel schedule-weekday-2026-11-24T09:00:00.000Z --unseen
`;

interface CancelOptions {
  unseen?: boolean;
}

export function addCancel(program: Command): void {
  program
    .command("cancel")
    .description("Cancel a message or a batch, as far as it is not delivered yet")
    .argument("<ID>", "Id of the message or the batch")
    .option("--unseen", "Cancel also an unknown id, such as that of a schedule's next run")
    .addHelpText("after", notes)
    .action((id: string, options: CancelOptions, command: Command) =>
      runCommand(command, (client) => cancel(client, id, options)),
    );
}

export interface CancelClient extends Pick<StackClient, "listDeliveries"> {
  deliveries: Pick<Deliveries, "cancel" | "read">;
}

/** How many messages are cancelled at the same time. */
const concurrency = 16;

const reason = "an operator cancelled it";

/** The messages of a cancellation, counted by their status before it. */
interface Counts {
  cancelled: number;
  /** Cancelled, but the bot was already sending them, so they may still arrive. */
  underWay: number;
  delivered: number;
  failed: number;
}

/**
 * Cancels what is not delivered yet of a message or a batch. The row of the id itself comes first: a sender that puts the rest
 * of a batch on the queue reads it after each row, so one of the two sees each message.
 * @throws UsageError, CommandError for an unknown id
 */
export async function cancel(
  client: CancelClient,
  id: string,
  { unseen = false }: CancelOptions = {},
): Promise<Report> {
  if (!messageId.safeParse(id).success)
    throw new UsageError(`"${id}" cannot be the id of a message. "status --all" lists the known ids.`);
  const isKnown = unseen || (await client.deliveries.read(id)) || (await client.listDeliveries(id)).length;
  if (!isKnown)
    throw new CommandError(
      `No message with the id ${id} is known, so nothing was cancelled. Add --unseen to cancel it before it arrives.`,
    );
  const before = await client.deliveries.cancel(id, reason);
  const isMessage = before && before.status !== "cancelled"; // a batch that was cancelled before has a row, too
  const batch = isMessage ? [] : await client.listDeliveries(id);
  if (!batch.length) return { data: { id, ...count([before]) }, text: messageText(id, before) };
  const counts = count(await cancelAll(client, batch));
  return { data: { batch: id, ...counts }, text: batchText(counts) };
}

/** Resolves to the rows as they were before. */
async function cancelAll({ deliveries }: CancelClient, batch: Delivery[]): Promise<(Delivery | undefined)[]> {
  const progress = new Progress(batch.length, "checked");
  let done = 0;
  const before = await mapConcurrent(concurrency, batch, async ({ id }) => {
    const row = await deliveries.cancel(id, reason);
    progress.update(++done);
    return row;
  });
  progress.end();
  return before;
}

function count(before: (Delivery | undefined)[]): Counts {
  const counts = { cancelled: 0, underWay: 0, delivered: 0, failed: 0 };
  for (const row of before) {
    counts[isSettled(row?.status) ? row.status : "cancelled"]++;
    if (isBeingSent(row)) counts.underWay++;
  }
  return counts;
}

function batchText({ cancelled, underWay, delivered, failed }: Counts): string {
  const text = `Cancelled: ${cancelled}. Delivered before: ${delivered}. Failed before: ${failed}.`;
  if (!underWay) return text;
  return `${text}\nThe bot was already sending ${underWay} of the cancelled messages, which may still arrive.`;
}

function messageText(id: string, before: Delivery | undefined): string {
  if (isSettled(before?.status)) return `${id} was already ${before.status}.`;
  if (isBeingSent(before)) return `${id} is cancelled. The bot was already sending it, and it may still arrive.`;
  return before ? `${id} is cancelled.` : `${id} is cancelled. If it is on the queue or arrives later, it is not sent.`;
}
