import { type Outbox, sideBySide } from "../message";
import { errorText } from "./error-text";
import type { Letter } from "./letters";

const atOnce = 16;

/** What came of putting letters on the queue. */
export interface Posting {
  sent: Letter[];
  failed: { letter: Letter; reason: string }[];
  /** Not tried any more: it was interrupted. */
  left: Letter[];
}

/** Puts letters on the queue, some at a time; one that fails does not stop the others. @param batch where they are one */
export async function post(
  outbox: Pick<Outbox, "put">,
  letters: Letter[],
  batch: string | undefined,
  signal: AbortSignal,
  onTried: (posting: Posting) => void = () => {},
): Promise<Posting> {
  const posting: Posting = { sent: [], failed: [], left: [] };
  await sideBySide(atOnce, letters, async (letter) => {
    if (signal.aborted) return void posting.left.push(letter);
    await outbox.put(letter, batch).then(
      () => posting.sent.push(letter),
      (error: Error) => posting.failed.push({ letter, reason: errorText(error) }),
    );
    onTried(posting);
  });
  return posting;
}
