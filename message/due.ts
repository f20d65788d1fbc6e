import { setTimeout as sleep } from "node:timers/promises";

/**
 * Waits until a message is due, where that is soon; false: it is to be postponed.
 * @param notBefore ISO time @param patience milliseconds
 */
export async function comesDue(notBefore: string, patience: number): Promise<boolean> {
  const early = Date.parse(notBefore) - Date.now();
  if (early > patience) return false;
  if (early > 0) await sleep(early);
  return true;
}
