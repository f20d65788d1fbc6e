import { odata } from "@azure/data-tables";
import { deliveriesTable } from "../../core/names";
import type { Delivery } from "../../core/tables/deliveries";
import { Table } from "../../core/tables/table";
import { operatorCredential } from "../operator-credential";
import type { StackDescription } from "../stack-description";

/** How many messages the page shows. */
const most = 20;

/** What it shows of each: what became of it, and when it came to each place on its way. */
const columns = [
  "id",
  "status",
  "reason",
  "queuedAt",
  "dequeuedAt",
  "receivedAt",
  "sentAt",
  "failedAt",
  "cancelledAt",
] as const;

export type MessageHops = Pick<Delivery, (typeof columns)[number]>;

/** What became of a conversation's messages, as the table `deliveries` tells it. */
export class ConversationMessages {
  private readonly table: Table;

  constructor(stack: StackDescription) {
    this.table = new Table(stack.local.tableService, deliveriesTable, operatorCredential(stack));
  }

  /** The newest first. @throws TableUnreachableError */
  async of(conversation: string): Promise<MessageHops[]> {
    const query = { filter: odata`conversation eq ${conversation}`, select: [...columns] };
    const rows = await this.table.all<MessageHops>(query);
    return rows.sort((one, other) => lastSeen(other) - lastSeen(one)).slice(0, most);
  }
}

/** Milliseconds since the epoch. */
function lastSeen({ queuedAt, dequeuedAt, receivedAt }: MessageHops): number {
  return (receivedAt ?? dequeuedAt ?? queuedAt ?? new Date(0)).getTime();
}
