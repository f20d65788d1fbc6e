import type { TokenCredential } from "@azure/identity";
import { QueueClient, type StoragePipelineOptions } from "@azure/storage-queue";
import { InvalidMessageError } from "../message/invalid-message";
import { parseMessage, type QueueMessage } from "../message/queue-message";
import { poisonSuffix } from "../names";
import { fromQueueText, withExactText } from "./queue-text";

/** The most messages that a queue returns to one request. */
const maxMessages = 32;

/** Seconds for which held messages are hidden from others, unless they are given back before. */
const holdTime = 120;

/** A message in the poison queue. */
export interface PoisonMessage {
  /** The id that the poison queue gave it. */
  queueId: string;
  since: Date;
  /** The text as it came. */
  text: string;
  /** The parsed message; undefined: it is not valid. */
  message?: QueueMessage;
  /** The reason why it is not valid. */
  problem?: string;
}

/** A message that is held: it is hidden from others for two minutes. */
export interface HeldPoison extends PoisonMessage {
  /** The queue's pop receipt, needed to give it back or to remove it. */
  receipt: string;
}

/** Reads and empties the poison queue, for the operator. */
export class PoisonQueue {
  private readonly queue: QueueClient;

  /**
   * @param url the URL of the bot's queue: `https://<account>.queue.core.windows.net/<queue>`
   * @param tlsOptions an authority to trust instead of Node's
   */
  constructor(url: string, credential: TokenCredential, tlsOptions?: { ca: string }) {
    // The SDK passes it on, though its type does not have it.
    const options: StoragePipelineOptions & { tlsOptions?: object } = { tlsOptions };
    this.queue = withExactText(new QueueClient(url + poisonSuffix, credential, options));
  }

  get name(): string {
    return this.queue.name;
  }

  /** Reads the first 32 messages, and leaves them visible to others. */
  async peek(): Promise<PoisonMessage[]> {
    const { peekedMessageItems } = await this.queue.peekMessages({ numberOfMessages: maxMessages });
    return peekedMessageItems.map(read);
  }

  /** The approximate number of messages. */
  async count(): Promise<number> {
    return (await this.queue.getProperties()).approximateMessagesCount ?? 0;
  }

  /** Holds all messages, or messages until a wanted one is among them. A message that comes meanwhile may be missing. */
  async take(isWanted: (message: PoisonMessage) => boolean = () => false): Promise<HeldPoison[]> {
    const held = new Map<string, HeldPoison>();
    for (let isOver = false; !isOver; ) {
      const batch = await this.receive();
      isOver = batch.every(({ queueId }) => held.has(queueId)) || batch.some(isWanted); // a message comes again when its time is over
      for (const message of batch) held.set(message.queueId, message);
    }
    return [...held.values()];
  }

  /** Makes held messages visible again. A message that another client holds by now stays with it. */
  async giveBack(held: HeldPoison[]): Promise<void> {
    const show = ({ queueId, receipt }: HeldPoison) => this.queue.updateMessage(queueId, receipt, undefined, 0);
    await Promise.allSettled(held.map(show));
  }

  /** Deletes a held message. @throws RestError when another client holds it by now */
  async remove({ queueId, receipt }: HeldPoison): Promise<void> {
    await this.queue.deleteMessage(queueId, receipt);
  }

  private async receive(): Promise<HeldPoison[]> {
    const options = { numberOfMessages: maxMessages, visibilityTimeout: holdTime };
    const { receivedMessageItems } = await this.queue.receiveMessages(options);
    return receivedMessageItems.map((item) => ({ ...read(item), receipt: item.popReceipt }));
  }
}

/** A message as the SDK returns it. */
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
