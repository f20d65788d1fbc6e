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

/** Calls a function for each item, with a limited number of calls at a time; resolves to the results, in order. @throws the first error */
export async function mapConcurrent<T, R>(
  concurrency: number,
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const rest = items.entries();
  const worker = async () => {
    for (const [index, item] of rest) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return results;
}

/** Settles like `work`, or rejects when the time is over. The work itself goes on. @param what names it in the error */
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
