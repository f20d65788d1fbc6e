import type { TokenCredential } from "@azure/identity";
import { QueueClient, type StoragePipelineOptions } from "@azure/storage-queue";
import { InvalidMessageError } from "../message/invalid-message";
import { parseMessage, type QueueMessage } from "../message/queue-message";
import { poisonSuffix } from "../names";
import { fromQueueText, withExactText } from "./queue-text";

/** How many messages a queue shows, or hands out, at once. */
const most = 32;

/** Seconds for which what was taken is kept from others, unless it is given back before. */
const holdTime = 120;

/** What lies in the poison queue. */
export interface PoisonMessage {
  /** The poison queue's own id of it. */
  queueId: string;
  since: Date;
  /** As it came. */
  text: string;
  /** What it says, where it can be read. */
  message?: QueueMessage;
  /** Why it cannot be read, where that is so. */
  problem?: string;
}

/** One that was taken: nobody else gets it for two minutes. */
export interface HeldPoison extends PoisonMessage {
  /** The right to give it back or to remove it. */
  receipt: string;
}

/** The poison queue as those see it who look after it. */
export class PoisonQueue {
  private readonly queue: QueueClient;

  /** @param url of the queue whose poison queue it is: `https://<account>.queue.core.windows.net/<queue>` @param tlsOptions an authority to trust instead of Node's */
  constructor(url: string, credential: TokenCredential, tlsOptions?: { ca: string }) {
    // The SDK passes it on, though its type does not have it.
    const options: StoragePipelineOptions & { tlsOptions?: object } = { tlsOptions };
    this.queue = withExactText(new QueueClient(url + poisonSuffix, credential, options));
  }

  get name(): string {
    return this.queue.name;
  }

  /** The first 32 that lie there; nobody else notices. */
  async peek(): Promise<PoisonMessage[]> {
    const { peekedMessageItems } = await this.queue.peekMessages({ numberOfMessages: most });
    return peekedMessageItems.map(read);
  }

  /** About how many there are. */
  async count(): Promise<number> {
    return (await this.queue.getProperties()).approximateMessagesCount ?? 0;
  }

  /** Takes what lies there: all of it, or until one that is wanted is among it. What comes meanwhile may be left out. */
  async take(isWanted: (message: PoisonMessage) => boolean = () => false): Promise<HeldPoison[]> {
    const held = new Map<string, HeldPoison>();
    for (let isOver = false; !isOver; ) {
      const batch = await this.receive();
      isOver = batch.every(({ queueId }) => held.has(queueId)) || batch.some(isWanted); // one that comes again was held too long
      for (const one of batch) held.set(one.queueId, one);
    }
    return [...held.values()];
  }

  /** Puts back what was taken, as it was. One that somebody else has by now is theirs. */
  async giveBack(held: HeldPoison[]): Promise<void> {
    const one = ({ queueId, receipt }: HeldPoison) => this.queue.updateMessage(queueId, receipt, undefined, 0);
    await Promise.allSettled(held.map(one));
  }

  /** Deletes one that was taken. @throws RestError when somebody else has it by now */
  async remove({ queueId, receipt }: HeldPoison): Promise<void> {
    await this.queue.deleteMessage(queueId, receipt);
  }

  private async receive(): Promise<HeldPoison[]> {
    const options = { numberOfMessages: most, visibilityTimeout: holdTime };
    const { receivedMessageItems } = await this.queue.receiveMessages(options);
    return receivedMessageItems.map((item) => ({ ...read(item), receipt: item.popReceipt }));
  }
}

/** A queue's own view of a message. */
interface Item {
  messageId: string;
  insertedOn: Date;
  messageText: string;
}

function read({ messageId: queueId, insertedOn: since, messageText }: Item): PoisonMessage {
  const text = fromQueueText(messageText);
  try {
    return { queueId, since, text, message: parseMessage(text) };
  } catch (error) {
    if (!(error instanceof InvalidMessageError)) throw error;
    return { queueId, since, text, problem: error.message };
  }
}
