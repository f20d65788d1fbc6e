import type { TokenCredential } from "@azure/identity";
import { QueueClient } from "@azure/storage-queue";
import { InvalidMessage } from "./invalid-message";
import { parseMessage, type QueueMessage } from "./queue-message";
import { poisonSuffix } from "./queue-names";

/** How many messages a queue shows, or hands out, at once. */
const most = 32;

/** What lies in the poison queue. */
export interface PoisonMessage {
  /** The poison queue's own id of it. */
  queueId: string;
  since: Date;
  /** As it came. */
  text: string;
  /** What it says, where it can be read. */
  message?: QueueMessage;
}

/** The poison queue as those see it who look after it. */
export class PoisonQueue {
  private readonly queue: QueueClient;

  /** @param url of the queue whose poison queue it is: `https://<account>.queue.core.windows.net/<queue>` */
  constructor(url: string, credential: TokenCredential) {
    this.queue = new QueueClient(url + poisonSuffix, credential);
  }

  get name(): string {
    return this.queue.name;
  }

  /** The first 32 that lie there; nobody else notices. */
  async peek(): Promise<PoisonMessage[]> {
    const { peekedMessageItems } = await this.queue.peekMessages({ numberOfMessages: most });
    return peekedMessageItems.map(({ messageId, insertedOn, messageText }) => read(messageId, insertedOn, messageText));
  }

  /** About how many there are. */
  async count(): Promise<number> {
    return (await this.queue.getProperties()).approximateMessagesCount ?? 0;
  }
}

function read(queueId: string, since: Date, text: string): PoisonMessage {
  try {
    return { queueId, since, text, message: parseMessage(text) };
  } catch (error) {
    if (!(error instanceof InvalidMessage)) throw error;
    return { queueId, since, text };
  }
}
