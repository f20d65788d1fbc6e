import type { QueueClient } from "@azure/storage-queue";
import type { CategoryLog } from "./log";
import { describeStorageProblem, isMessageGone } from "./storage-problem";

/** Hides a message from other hosts while its function runs. It renews the lease after half of the time, as WebJobs does. */
export class MessageLease {
  private timer: NodeJS.Timeout | undefined;
  private renewal: Promise<void> = Promise.resolve();
  private ended = false;

  constructor(
    private readonly queue: QueueClient,
    private readonly messageId: string,
    /** The newest receipt. Each renewal returns a new one. */
    public popReceipt: string,
    private readonly seconds: number,
    private readonly log: CategoryLog,
  ) {
    this.schedule(this.halfTime);
  }

  /** Ends the renewals. `popReceipt` is final afterwards. */
  async end(): Promise<void> {
    this.ended = true;
    clearTimeout(this.timer);
    await this.renewal;
  }

  private get halfTime(): number {
    return (this.seconds * 1000) / 2;
  }

  private schedule(wait: number): void {
    if (this.ended) return;
    this.timer = setTimeout(() => {
      this.renewal = this.renew(wait);
    }, wait);
  }

  private async renew(waited: number): Promise<void> {
    try {
      // Without a text the message keeps its body.
      const answer = await this.queue.updateMessage(this.messageId, this.popReceipt, undefined, this.seconds);
      this.popReceipt = answer.popReceipt ?? this.popReceipt;
      this.schedule(this.halfTime);
    } catch (error) {
      this.log.warn(`Could not renew the lease of message '${this.messageId}': ${describeStorageProblem(error)}.`);
      if (!isMessageGone(error)) this.schedule(Math.max(waited / 2, 250));
    }
  }
}
