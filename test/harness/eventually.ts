import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds for what is sure to come, on a machine that does other things too. */
export const patience = 60_000;

/** Milliseconds between two looks: short at first, and longer while it takes. Looks cost the work that is waited for its processor. */
const [shortest, longest] = [20, 250];

/** Resolves to what `find` finds, once it finds something. @throws Error that says what never happened */
export async function eventually<T>(
  what: string,
  find: () => Promise<T | undefined | false> | T | undefined | false,
  milliseconds = patience,
): Promise<T> {
  const end = Date.now() + milliseconds;
  for (let pause = shortest; ; pause = Math.min(1.2 * pause, longest)) {
    const found = await find();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`It did not happen within ${milliseconds / 1000} s: ${what}`);
    await sleep(pause);
  }
}
