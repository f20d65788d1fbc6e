import { setTimeout as sleep } from "node:timers/promises";
import { log, reason } from "../log";

/** Milliseconds between tries to record an outcome: the first, and the longest. */
const [firstPause, longestPause] = [1_000, 60_000];

/**
 * Records the outcomes of messages in the table. While the table is out of reach, this process remembers them and tries again,
 * so that it does not send a message twice.
 */
export class OutcomeRecorder {
  private readonly unrecorded = new Set<string>();

  /** Whether the message with this id has an outcome that is not in the table yet. */
  has(id: string): boolean {
    return this.unrecorded.has(id);
  }

  /** Resolves when the outcome is recorded, or after a first try in vain. @param write may be called again */
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
      const isRecorded = await write().then(
        () => true,
        () => false,
      );
      if (isRecorded) this.unrecorded.delete(id);
    }
    log("info", "recorded", { id });
  }
}
