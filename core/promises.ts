import { setTimeout as sleep } from "node:timers/promises";

/**
 * Waits for a time that is soon. Resolves to false, at once, for one that is further away.
 * @param time ISO @param longest milliseconds
 */
export async function waitIfSoon(time: string, longest: number): Promise<boolean> {
  const early = Date.parse(time) - Date.now();
  if (early > longest) return false;
  if (early > 0) await sleep(early);
  return true;
}

/** Does something with each of them, so many at a time; resolves to what came of each, in their order. @throws the first failure */
export async function mapConcurrent<T, R>(
  atOnce: number,
  all: readonly T[],
  work: (one: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const rest = all.entries();
  const worker = async () => {
    for (const [index, one] of rest) results[index] = await work(one);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}

/** Settles as `work` does, or rejects after so many milliseconds; the work itself goes on. */
export async function withTimeout<T>(milliseconds: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${milliseconds} ms`)), milliseconds);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
