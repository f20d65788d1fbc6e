import { deliveriesTable, referencesTable, stateTable } from "../core/names";
import { MessageQueue } from "../core/queue/message-queue";
import { Outbox } from "../core/queue/outbox";
import { PoisonQueue } from "../core/queue/poison-queue";
import { Deliveries, type Delivery } from "../core/tables/deliveries";
import { type StoredReference, withoutCopies } from "../core/tables/stored-reference";
import { Table } from "../core/tables/table";
import type { Stack } from "./stack/stack";

/** The queues and tables of one stack. */
export class StackClient {
  readonly queue: MessageQueue;
  /** Puts new messages on the queue, each with its row in `deliveries`. */
  readonly outbox: Outbox;
  readonly poison: PoisonQueue;
  readonly deliveries: Deliveries;
  readonly state: Table;
  private readonly references: Table;

  constructor(readonly stack: Stack) {
    const { queueUrl, tableServiceUrl, credential, tls } = stack;
    const table = (name: string) => new Table(tableServiceUrl, name, credential, tls);
    this.queue = new MessageQueue(queueUrl, credential, tls);
    this.poison = new PoisonQueue(queueUrl, credential, tls);
    this.deliveries = new Deliveries(table(deliveriesTable));
    this.outbox = new Outbox(this.queue, this.deliveries);
    this.state = table(stateTable);
    this.references = table(referencesTable);
  }

  /** The users that the bot knows, one row for each conversation, the most recent first. @throws TableUnreachableError */
  async listUsers(): Promise<StoredReference[]> {
    const rows = await this.references.all<StoredReference>(withoutCopies);
    return rows.sort((a, b) => b.seenAt.getTime() - a.seenAt.getTime());
  }

  /** The rows of a batch's messages; without `batch`, all rows. @throws TableUnreachableError */
  listDeliveries(batch?: string): Promise<Delivery[]> {
    return this.deliveries.list(batch && `${batch}/`);
  }
}
