import { deliveriesTable, referencesTable, stateTable } from "../core/names";
import { MessageQueue } from "../core/queue/message-queue";
import { Outbox } from "../core/queue/outbox";
import { PoisonQueue } from "../core/queue/poison-queue";
import { Deliveries, type Delivery } from "../core/tables/deliveries";
import { type StoredReference, withoutCopies } from "../core/tables/stored-reference";
import { Table } from "../core/tables/table";
import type { Stack } from "./stack/stack";

/** Where the operator works: the queues and tables of one stack. */
export class Desk {
  readonly queue: MessageQueue;
  /** The way for new messages onto the queue. */
  readonly outbox: Outbox;
  readonly poison: PoisonQueue;
  /** The rows of messages. */
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

  /** Everyone of whom the bot has heard, who was heard of last first. @throws TableUnreachableError */
  async users(): Promise<StoredReference[]> {
    const rows = await this.references.all<StoredReference>(withoutCopies);
    return rows.sort((a, b) => b.seenAt.getTime() - a.seenAt.getTime());
  }

  /** What is known of a message: one row, or none. @throws TableUnreachableError */
  async delivery(id: string): Promise<Delivery[]> {
    const row = await this.deliveries.read(id);
    return row ? [row] : [];
  }

  /** What is known of a batch's messages; of all, where none is named. @throws TableUnreachableError */
  deliveriesOf(batch?: string): Promise<Delivery[]> {
    return this.deliveries.list(batch && `${batch}/`);
  }
}
