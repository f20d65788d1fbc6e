import { randomUUID } from "node:crypto";
import { odata } from "@azure/data-tables";
import { entityKey, readableKey } from "./entity";
import type { RowKey, Stored, Table } from "./table";

/** Milliseconds for which a claim is exclusive: longer than a delivery takes. After a crash the message waits for this long. */
export const leaseTime = 60_000;

/** The longest reason, and the part of a conversation's id, that a row stores, in UTF-16 units. */
const longestReason = 1_000;
const longestConversation = 500;

/** `cancelled`: by an operator, or because the user has opted out. */
export type FinalStatus = "delivered" | "failed" | "cancelled";

/** `waiting`: for its next or first try. `claimed`: a delivery is in progress, or its app has crashed. */
export type DeliveryStatus = "waiting" | "claimed" | FinalStatus;

const finalStatuses: readonly (string | undefined)[] = ["delivered", "failed", "cancelled"];

/** Whether the status is final. */
export function isSettled(status: DeliveryStatus | undefined): status is FinalStatus {
  return finalStatuses.includes(status);
}

/** The function's data about a message. */
export interface Timestamps {
  /** When the message was put on the queue. */
  queuedAt?: Date;
  /** When the function received it last. */
  dequeuedAt?: Date;
  /** The number of times the queue has delivered it to the function: more than one after a crash. */
  dequeueCount?: number;
  /** Its `notBefore`. */
  dueAt?: Date;
}

/** The row of a message in the table `deliveries`. */
export interface Delivery extends Timestamps {
  /** The message's id. */
  id: string;
  status?: DeliveryStatus;
  /** The reason why it failed or waits: a sentence for people. */
  reason?: string;
  /** The conversation's id. */
  conversation?: string;
  /** The number of deliveries that the bot has begun. */
  tries?: number;
  /** The id of the last claim, and its end. */
  lease?: string;
  leaseUntil?: Date;
  /** When it reached the bot last. */
  receivedAt?: Date;
  /** When it was deferred last. */
  deferredAt?: Date;
  /** The number of tries after which the user may or may not have the message: the channel did not tell. */
  unsure?: number;
  /** The earliest time of the next try. */
  retryAt?: Date;
  /** When the channel accepted it. */
  sentAt?: Date;
  failedAt?: Date;
  cancelledAt?: Date;
}

/** The exclusive right to deliver a message, for a minute. */
export interface Claim {
  id: string;
  lease: string;
  /** Milliseconds since the epoch. */
  until: number;
  /** The number of tries after which the user may or may not have the message. */
  unsure: number;
}

/** The message has a final status. */
export class DeliverySettledError extends Error {
  override readonly name = "DeliverySettledError";

  constructor(readonly status: FinalStatus) {
    super(`The message was ${status} before.`);
  }
}

/** The message cannot be claimed yet: another delivery is in progress, or the user may have got the message. */
export class DeliveryBusyError extends Error {
  override readonly name = "DeliveryBusyError";

  /** @param seconds until it can be claimed */
  constructor(
    message: string,
    readonly seconds: number,
  ) {
    super(message);
  }
}

/** The table `deliveries`: one row with the status of each message. Claims make the delivery idempotent. */
export class Deliveries {
  constructor(private readonly table: Table) {}

  /**
   * Takes the exclusive right to deliver a message.
   * @throws DeliverySettledError, DeliveryBusyError, TableUnreachableError
   */
  async claim(id: string, conversation?: string): Promise<Claim> {
    const lease = randomUUID();
    const receivedAt = new Date();
    const until = receivedAt.getTime() + leaseTime;
    const claimed = { status: "claimed" as const, reason: "", lease, leaseUntil: new Date(until), receivedAt };
    let unsure = 0;
    const decide = (row: Delivery | undefined) => {
      unsure = row?.unsure ?? 0;
      if (row?.lease === lease) return undefined; // an earlier try was written, and only its answer was lost
      if (row) checkClaimable(row);
      return { ...claimed, conversation, tries: (row?.tries ?? 0) + 1 };
    };
    await this.change(id, decide, true);
    return { id, lease, until, unsure };
  }

  /**
   * Adds the row of a message before it is put on the queue, so that it can be listed and cancelled. A row that exists stays.
   * The row comes before the look at the batch: so a cancellation of the batch finds this row, or this look finds it.
   * @throws DeliverySettledError when the message or its batch was cancelled, TableUnreachableError
   */
  async announce(id: string, facts: Pick<Delivery, "conversation" | "dueAt">, batch?: string): Promise<void> {
    const { dueAt } = facts;
    const reason = dueAt && dueAt.getTime() > Date.now() ? notDueReason(dueAt.toISOString()) : "";
    const decide = (row: Delivery | undefined): Partial<Delivery> | undefined => {
      if (row?.status === "cancelled") throw new DeliverySettledError("cancelled");
      return row ? undefined : { ...facts, status: "waiting", reason, queuedAt: new Date() };
    };
    await this.change(id, decide, true);
    if (batch === undefined || (await this.read(batch))?.status !== "cancelled") return;
    await this.cancel(id, "The batch of the message was cancelled.");
    throw new DeliverySettledError("cancelled");
  }

  /**
   * Cancels a message, which need not have a row yet. A final status stays, and a delivery in progress goes on.
   * Resolves to the row as it was before. @throws TableUnreachableError
   */
  async cancel(id: string, reason: string): Promise<Delivery | undefined> {
    let before: Delivery | undefined;
    await this.change(id, (row) => {
      before = row;
      return isSettled(row?.status) ? undefined : { status: "cancelled", reason, cancelledAt: new Date() };
    });
    return before;
  }

  /** Records that the channel has accepted the message, whatever the status is. @throws TableUnreachableError */
  async markDelivered(id: string, sentAt: Date): Promise<void> {
    await this.merge(id, { status: "delivered", sentAt, reason: "" });
  }

  /** Records that the message has failed, unless it was delivered. @throws TableUnreachableError */
  async markFailed(id: string, reason: string, timestamps: Timestamps = {}): Promise<void> {
    await this.change(id, (row) =>
      row?.status === "delivered" ? undefined : { ...timestamps, status: "failed", reason, failedAt: new Date() },
    );
  }

  /**
   * Ends a claim, unless another delivery has the message by now: the next try may come at once.
   * @param retryAt the earliest time of the next try, when the user may have got the message @throws TableUnreachableError
   */
  async release({ id, lease, unsure }: Claim, reason: string, retryAt?: Date): Promise<void> {
    const pause = retryAt && { unsure: unsure + 1, retryAt };
    await this.change(id, (row) =>
      row?.lease === lease && row.status === "claimed"
        ? { ...waiting(reason), leaseUntil: new Date(), ...pause }
        : undefined,
    );
  }

  /** Records that the message waits in the queue. A claim and a final status stay. @throws TableUnreachableError */
  async markWaiting(id: string, reason: string, timestamps: Timestamps = {}): Promise<void> {
    await this.change(id, (row) =>
      row && (isSettled(row.status) || secondsUntil(row.leaseUntil) > 0)
        ? timestamps
        : { ...timestamps, ...waiting(reason) },
    );
  }

  /** Allows another try of a failed message. @throws DeliverySettledError when it was delivered or cancelled, TableUnreachableError */
  async reopen(id: string, reason: string): Promise<void> {
    await this.change(id, (row) => {
      if (!isSettled(row?.status)) return undefined;
      if (row.status !== "failed") throw new DeliverySettledError(row.status);
      return { ...waiting(reason), leaseUntil: new Date(), unsure: 0, retryAt: new Date(0) };
    });
  }

  /** Adds data about the message, whatever the status is. @throws TableUnreachableError */
  async addTimestamps(id: string, timestamps: Timestamps & Pick<Delivery, "conversation">): Promise<void> {
    await this.merge(id, timestamps);
  }

  /** Resolves when this app's identity can read the table. @throws TableUnreachableError */
  checkAccess(): Promise<void> {
    return this.table.checkAccess();
  }

  /** Reads the row of a message. @throws TableUnreachableError */
  read(id: string): Promise<Stored<Delivery> | undefined> {
    return this.table.get<Delivery>(keyOf(id));
  }

  /** Reads all rows, or those whose id begins with a prefix, in no order. @throws TableUnreachableError */
  list(prefix = ""): Promise<Delivery[]> {
    const filter = odata`id ge ${prefix} and id lt ${`${prefix}\u007f`}`; // an id is printable ASCII
    return this.table.all<Delivery>(prefix ? { filter } : {});
  }

  /**
   * Removes the rows that have not changed since a time; resolves to their number. A row that was due later stays: its message
   * may still be on the queue, and a cancellation must hold. @throws TableUnreachableError
   */
  async removeUnchangedSince(time: Date): Promise<number> {
    const select = ["PartitionKey", "RowKey", "dueAt"];
    const old = await this.table.all<Pick<Delivery, "dueAt">>({ filter: odata`Timestamp lt ${time}`, select });
    return this.table.removeUnchanged(old.filter(({ dueAt }) => !dueAt || dueAt < time));
  }

  private merge(id: string, properties: Partial<Delivery>): Promise<void> {
    return this.table.merge({ ...keyOf(id), ...propertiesOf(id, properties) });
  }

  private change(id: string, decide: (row: Delivery | undefined) => Partial<Delivery> | undefined, assumeNew = false) {
    const properties = (row: Delivery | undefined) => {
      const change = decide(row);
      return change && propertiesOf(id, change);
    };
    return this.table.change<Delivery>(keyOf(id), properties, { assumeNew });
  }
}

/** @throws DeliverySettledError, DeliveryBusyError */
function checkClaimable(row: Delivery): void {
  if (isSettled(row.status)) throw new DeliverySettledError(row.status);
  const lease = isBeingSent(row) ? secondsUntil(row.leaseUntil) : 0;
  if (lease > 0)
    throw new DeliveryBusyError(`Another delivery of the message is in progress, for at most ${lease} s.`, lease);
  const pause = secondsUntil(row.retryAt);
  if (pause > 0)
    throw new DeliveryBusyError(`The user may have got the message. It is tried again in ${pause} s.`, pause);
}

/** Whether a delivery of the message is in progress. */
export function isBeingSent(row: Delivery | undefined): boolean {
  return row?.status === "claimed" && secondsUntil(row.leaseUntil) > 0; // after a release, leaseUntil may be ahead of this clock
}

function secondsUntil(time: Date | undefined): number {
  return time ? Math.ceil((time.getTime() - Date.now()) / 1000) : 0;
}

/** The reason of a message that waits for its time. @param time ISO */
export function notDueReason(time: string): string {
  return `The message is not due before ${time}.`;
}

function waiting(reason: string): Partial<Delivery> {
  return { status: "waiting", reason, deferredAt: new Date() };
}

function keyOf(id: string): RowKey {
  return { partitionKey: entityKey(id), rowKey: "delivery" };
}

/** Adds the message's id, and cuts texts to their limits. */
function propertiesOf(id: string, change: Partial<Delivery>): Partial<Delivery> {
  const { reason, conversation } = change;
  return {
    ...change,
    ...(reason !== undefined && { reason: reason.slice(0, longestReason) }),
    ...(conversation !== undefined && { conversation: conversation.slice(0, longestConversation) }),
    id: readableKey(id),
  };
}
