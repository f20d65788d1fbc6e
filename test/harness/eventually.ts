import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds for what is sure to come, on a machine that does other things too. */
export const patience = 60_000;

/** Resolves to what `find` finds, once it finds something. @throws Error that says what never happened */
export async function eventually<T>(
  what: string,
  find: () => Promise<T | undefined | false> | T | undefined | false,
  milliseconds = patience,
): Promise<T> {
  for (const end = Date.now() + milliseconds; Date.now() < end; await sleep(20)) {
    const found = await find();
    if (found !== undefined && found !== false) return found;
  }
  throw new Error(`It never happened: ${what}`);
}
