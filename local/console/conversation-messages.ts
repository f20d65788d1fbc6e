import { odata } from "@azure/data-tables";
import { operatorCredential } from "../../cli/stack/operator-credential";
import { deliveriesTable } from "../../core/names";
import type { Delivery } from "../../core/tables/deliveries";
import { Table } from "../../core/tables/table";
import type { StackDescription } from "../stack-description";

/** Number of messages that the page shows. */
const shownMessages = 20;

/** The columns that the page shows: the message's status, and the time of each step. */
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

export type MessageTimes = Pick<Delivery, (typeof columns)[number]>;

/** A conversation's messages with their status, from the table `deliveries`. */
export class ConversationMessages {
  private readonly table: Table;

  constructor(stack: StackDescription) {
    this.table = new Table(stack.local.tableService, deliveriesTable, operatorCredential(stack));
  }

  /** The newest message comes first. @throws TableUnreachableError */
  async list(conversation: string): Promise<MessageTimes[]> {
    const query = { filter: odata`conversation eq ${conversation}`, select: [...columns] };
    const rows = await this.table.all<MessageTimes>(query);
    return rows.sort((one, other) => lastSeen(other) - lastSeen(one)).slice(0, shownMessages);
  }
}

/** Milliseconds since the epoch. */
function lastSeen({ queuedAt, dequeuedAt, receivedAt }: MessageTimes): number {
  return (receivedAt ?? dequeuedAt ?? queuedAt ?? new Date(0)).getTime();
}
