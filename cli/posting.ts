import { mapConcurrent } from "../core/promises";
import type { Batch, Outbox } from "../core/queue/outbox";
import { DeliverySettledError } from "../core/tables/deliveries";
import { errorText } from "./error-text";
import type { Letter } from "./letters";

const atOnce = 16;

/** What came of putting letters on the queue. */
export interface Posting {
  sent: Letter[];
  failed: { letter: Letter; reason: string }[];
  /** Somebody has cancelled it, or its batch, meanwhile. */
  cancelled: Letter[];
  /** Not tried any more: it was interrupted. */
  left: Letter[];
}

/** Puts letters on the queue, some at a time; one that fails does not stop the others. @param batch where they are one */
export async function post(
  outbox: Pick<Outbox, "put">,
  letters: Letter[],
  batch: Batch | undefined,
  signal: AbortSignal,
  onTried: (posting: Posting) => void = () => {},
): Promise<Posting> {
  const posting: Posting = { sent: [], failed: [], cancelled: [], left: [] };
  await mapConcurrent(atOnce, letters, async (letter) => {
    if (signal.aborted) return void posting.left.push(letter);
    await outbox.put(letter, batch).then(
      () => posting.sent.push(letter),
      (error: Error) => {
        if (error instanceof DeliverySettledError) posting.cancelled.push(letter);
        else posting.failed.push({ letter, reason: errorText(error) });
      },
    );
    onTried(posting);
  });
  return posting;
}
