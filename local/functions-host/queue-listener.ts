import { setTimeout as sleep } from "node:timers/promises";
import type { DequeuedMessageItem, QueueClient } from "@azure/storage-queue";
import { fromQueueText } from "../../core/queue/queue-text";
import { PollingBackoff } from "./backoff";
import type { QueueSettings } from "./host-settings";
import type { CategoryLog } from "./log";
import type { MessageProcessor } from "./queue-message";
import { Running } from "./running";
import { TroubleLog } from "./storage-problem";

/** While a queue cannot be read it is asked at least this often, so that a new role or queue is noticed soon. */
const longestTroubleWait = 5_000;
const requestLimit = 30_000;

export interface QueueListenerParts {
  queue: QueueClient;
  functionName: string;
  processor: MessageProcessor;
  settings: QueueSettings;
  leaseSeconds: number;
  log: CategoryLog;
  /** Everything that runs in the host: what a stop waits for. */
  running: Running;
}

/** Polls one queue for one function: a new batch whenever no more than `newBatchThreshold` messages are being worked on. */
export class QueueListener {
  private readonly mine = new Running();
  private readonly idle: PollingBackoff;
  private readonly inTrouble: PollingBackoff;
  private readonly trouble: TroubleLog;
  private readonly stopping = new AbortController();
  private loop: Promise<void> = Promise.resolve();

  constructor(private readonly parts: QueueListenerParts) {
    const { maxPollingInterval } = parts.settings;
    this.idle = new PollingBackoff(maxPollingInterval);
    this.inTrouble = new PollingBackoff(Math.min(maxPollingInterval, longestTroubleWait));
    this.trouble = new TroubleLog(parts.log, `queue '${parts.queue.name}'`);
  }

  start(): void {
    this.loop = this.poll();
  }

  /** Fetches no more; resolves when the last fetch is back (what it brought is released), not when messages are done. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.mine.wake();
    await this.loop;
  }

  private get stopped(): boolean {
    return this.stopping.signal.aborted;
  }

  private async poll(): Promise<void> {
    while (!this.stopped) {
      if (this.mine.size > this.parts.settings.newBatchThreshold) {
        await this.mine.change();
        continue;
      }
      const batch = await this.receive();
      if (batch === undefined) {
        await this.wait(this.inTrouble.next());
      } else if (batch.length === 0) {
        await this.wait(this.idle.next());
      } else {
        this.begin(batch);
        this.idle.reset();
      }
    }
  }

  /** The next batch, or undefined when the queue cannot be read. */
  private async receive(): Promise<DequeuedMessageItem[] | undefined> {
    const { queue, settings, leaseSeconds } = this.parts;
    try {
      const { receivedMessageItems } = await queue.receiveMessages({
        numberOfMessages: settings.batchSize,
        visibilityTimeout: leaseSeconds,
        // Not cut by a stop: messages that were handed out already would stay hidden for the whole lease.
        abortSignal: AbortSignal.timeout(requestLimit),
      });
      this.trouble.worked();
      this.inTrouble.reset();
      return receivedMessageItems.map((item) => ({ ...item, messageText: fromQueueText(item.messageText) }));
    } catch (error) {
      this.trouble.failed(error);
      return undefined;
    }
  }

  private begin(batch: DequeuedMessageItem[]): void {
    const { functionName, processor, running } = this.parts;
    for (const message of batch) {
      const work = this.stopped ? processor.release(message) : processor.process(message);
      const what = `Functions.${functionName} with message '${message.messageId}'`;
      this.mine.add(what, work);
      running.add(what, work);
    }
  }

  private async wait(milliseconds: number): Promise<void> {
    // A stop ends the wait; the timer itself keeps the process alive.
    await sleep(milliseconds, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}
