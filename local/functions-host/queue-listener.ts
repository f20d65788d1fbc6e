import { setTimeout as sleep } from "node:timers/promises";
import type { DequeuedMessageItem, QueueClient } from "@azure/storage-queue";
import { fromQueueText } from "../../core/queue/queue-text";
import { PollingBackoff } from "./backoff";
import type { QueueSettings } from "./host-settings";
import type { CategoryLog } from "./log";
import type { MessageProcessor } from "./queue-message";
import { RunningJobs } from "./running-jobs";
import { OutageLog } from "./storage-problem";

/** Longest wait between tries while the queue cannot be read, in milliseconds. A new role or queue is then found soon. */
const longestErrorWait = 5_000;
const requestLimit = 30_000;

export interface QueueListenerParts {
  queue: QueueClient;
  functionName: string;
  processor: MessageProcessor;
  settings: QueueSettings;
  leaseSeconds: number;
  log: CategoryLog;
  /** All running jobs of the host. A stop waits for them. */
  running: RunningJobs;
}

/** Polls one queue for one function. It fetches a new batch when at most `newBatchThreshold` messages are being processed. */
export class QueueListener {
  private readonly ownJobs = new RunningJobs();
  private readonly idleBackoff: PollingBackoff;
  private readonly errorBackoff: PollingBackoff;
  private readonly outage: OutageLog;
  private readonly stopping = new AbortController();
  private loop: Promise<void> = Promise.resolve();

  constructor(private readonly parts: QueueListenerParts) {
    const { maxPollingInterval } = parts.settings;
    this.idleBackoff = new PollingBackoff(maxPollingInterval);
    this.errorBackoff = new PollingBackoff(Math.min(maxPollingInterval, longestErrorWait));
    this.outage = new OutageLog(parts.log, `queue '${parts.queue.name}'`);
  }

  start(): void {
    this.loop = this.poll();
  }

  /** Fetches no more. Resolves when the last fetch has ended and its messages are released, not when all messages are processed. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.ownJobs.wake();
    await this.loop;
  }

  private get stopped(): boolean {
    return this.stopping.signal.aborted;
  }

  private async poll(): Promise<void> {
    while (!this.stopped) {
      if (this.ownJobs.size > this.parts.settings.newBatchThreshold) {
        await this.ownJobs.nextChange();
        continue;
      }
      const batch = await this.receive();
      if (batch === undefined) {
        await this.wait(this.errorBackoff.next());
      } else if (batch.length === 0) {
        await this.wait(this.idleBackoff.next());
      } else {
        this.begin(batch);
        this.idleBackoff.reset();
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
        // A stop does not abort this request: messages that the service already returned would stay hidden for the whole lease.
        abortSignal: AbortSignal.timeout(requestLimit),
      });
      this.outage.recordSuccess();
      this.errorBackoff.reset();
      return receivedMessageItems.map((item) => ({ ...item, messageText: fromQueueText(item.messageText) }));
    } catch (error) {
      this.outage.recordFailure(error);
      return undefined;
    }
  }

  private begin(batch: DequeuedMessageItem[]): void {
    const { functionName, processor, running } = this.parts;
    for (const message of batch) {
      const work = this.stopped ? processor.release(message) : processor.process(message);
      const what = `Functions.${functionName} with message '${message.messageId}'`;
      this.ownJobs.add(what, work);
      running.add(what, work);
    }
  }

  private async wait(milliseconds: number): Promise<void> {
    // A stop ends the wait. The timer keeps the process alive.
    await sleep(milliseconds, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}
