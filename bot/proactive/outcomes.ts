import { setTimeout as sleep } from "node:timers/promises";
import { log, reason } from "../log";

/** Milliseconds between tries to record an outcome: the first, and the longest. */
const [firstPause, longestPause] = [1_000, 60_000];

/**
 * Records what became of messages, once and for all: what the table does not take now it gets later, while this process
 * lives. Until then the outcome is known here.
 */
export class Outcomes {
  private readonly unrecorded = new Set<string>();

  /** Whether the message of that id is done, although the table does not say so yet. */
  has(id: string): boolean {
    return this.unrecorded.has(id);
  }

  /** Resolves when the outcome is recorded, or after a first try in vain. @param write may be done twice */
  async record(id: string, write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      log("error", "not recorded", { id, reason: reason(error) });
      this.unrecorded.add(id);
      void this.recordLater(id, write);
    }
  }

  private async recordLater(id: string, write: () => Promise<void>): Promise<void> {
    for (let pause = firstPause; this.has(id); pause = Math.min(2 * pause, longestPause)) {
      await sleep(pause, undefined, { ref: false });
      const recorded = await write().then(
        () => true,
        () => false,
      );
      if (recorded) this.unrecorded.delete(id);
    }
    log("info", "recorded", { id });
  }
}
