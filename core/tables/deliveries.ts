import { randomUUID } from "node:crypto";
import { odata } from "@azure/data-tables";
import { entityKey, readableKey } from "./entity";
import type { RowKey, Stored, Table } from "./table";

/** Milliseconds for which a claim keeps others away: longer than a send can take, and what a crash costs. */
export const leaseTime = 60_000;

/** The longest reason that is kept, in UTF-16 units. */
const longestReason = 1_000;

/** `cancelled` before it was delivered, by an operator or because its user has opted out. */
export type FinalStatus = "delivered" | "failed" | "cancelled";

/** `waiting` to be tried, again or for the first time; `claimed` by a send that is under way, or was when its app died. */
export type DeliveryStatus = "waiting" | "claimed" | FinalStatus;

const finalStatuses: readonly (string | undefined)[] = ["delivered", "failed", "cancelled"];

/** Nothing more becomes of a message. */
export function isSettled(status: DeliveryStatus | undefined): status is FinalStatus {
  return finalStatuses.includes(status);
}

/** What the function knows of a message's way. */
export interface Timestamps {
  /** When it was put on the queue. */
  queuedAt?: Date;
  /** When the function took it from there, this time. */
  dequeuedAt?: Date;
  /** How often the queue has handed it out: more than once after a crash. */
  dequeueCount?: number;
  /** Its `notBefore`. */
  dueAt?: Date;
}

/** The row of a message in the table `deliveries`. */
export interface Delivery extends Timestamps {
  /** The message's id. */
  id: string;
  status?: DeliveryStatus;
  /** Why it failed, or why it waits. */
  reason?: string;
  /** The id of the conversation that it is for. */
  conversation?: string;
  /** How often the bot has begun to say it. */
  tries?: number;
  /** Who has claimed it, and until when. */
  lease?: string;
  leaseUntil?: Date;
  /** When it reached the bot, this time. */
  receivedAt?: Date;
  /** When it was put off last. */
  deferredAt?: Date;
  /** How often the channel left open whether it took the message. */
  unsure?: number;
  /** It is not tried again before. */
  retryAt?: Date;
  /** When the channel took it. */
  sentAt?: Date;
  failedAt?: Date;
  cancelledAt?: Date;
}

/** The right to say a message, for a minute. */
export interface Claim {
  id: string;
  lease: string;
  /** Milliseconds since the epoch. */
  until: number;
  /** How often the channel has left open whether it took the message. */
  unsure: number;
}

/** The message was delivered, has failed or was cancelled: there is nothing left to do. */
export class DeliverySettledError extends Error {
  override readonly name = "DeliverySettledError";

  constructor(readonly status: FinalStatus) {
    super(`it was ${status} before`);
  }
}

/** Somebody else is saying the message, or has died while doing so. */
export class DeliveryLeasedError extends Error {
  override readonly name = "DeliveryLeasedError";

  /** @param seconds until it may be claimed */
  constructor(readonly seconds: number) {
    super(`another delivery of it is under way, for ${seconds} s at most`);
  }
}

/** The message may be with its user already, and is tried again later. */
export class DeliveryPostponedError extends Error {
  override readonly name = "DeliveryPostponedError";

  /** @param seconds until it may be claimed */
  constructor(readonly seconds: number) {
    super(`the user may have got it, and it is tried again in ${seconds} s`);
  }
}

/** What becomes of each message: the table `deliveries`, one row for each id. It makes delivery idempotent. */
export class Deliveries {
  constructor(private readonly table: Table) {}

  /**
   * Gives one of those who bring a message the right to say it.
   * @throws DeliverySettledError, DeliveryLeasedError, DeliveryPostponedError, TableUnreachableError
   */
  async claim(id: string, conversation?: string): Promise<Claim> {
    const lease = randomUUID();
    const receivedAt = new Date();
    const until = receivedAt.getTime() + leaseTime;
    const claimed: Partial<Delivery> = {
      status: "claimed",
      reason: "",
      lease,
      leaseUntil: new Date(until),
      receivedAt,
    };
    let unsure = 0;
    const decide = (row: Delivery | undefined) => {
      unsure = row?.unsure ?? 0;
      if (row?.lease === lease) return undefined; // an earlier try was written, and only its answer was lost
      if (row) refuse(row);
      return { ...claimed, conversation, tries: (row?.tries ?? 0) + 1 };
    };
    await this.change(id, decide, true);
    return { id, lease, until, unsure };
  }

  /**
   * Writes down a message that is about to be put on the queue, so that it can be found and cancelled before it is taken from
   * there. What is known of it already stays. A batch that is cancelled meanwhile is seen here, or sees this row.
   * @throws DeliverySettledError when the message or its batch was cancelled, TableUnreachableError
   */
  async announce(id: string, facts: Pick<Delivery, "conversation" | "dueAt">, batch?: string): Promise<void> {
    const { dueAt } = facts;
    const reason = dueAt && dueAt.getTime() > Date.now() ? `it is not due before ${dueAt.toISOString()}` : "";
    const decide = (row: Delivery | undefined): Partial<Delivery> | undefined => {
      if (row?.status === "cancelled") throw new DeliverySettledError("cancelled");
      return row ? undefined : { ...facts, status: "waiting", reason, queuedAt: new Date() };
    };
    await this.change(id, decide, true);
    if (batch === undefined || (await this.read(batch))?.status !== "cancelled") return;
    await this.cancel(id, "its batch was cancelled");
    throw new DeliverySettledError("cancelled");
  }

  /**
   * Nobody says the message any more, unless it is being said already. Also for one of which nothing is known yet.
   * Resolves to the row as it was; one that is settled stays. @throws TableUnreachableError
   */
  async cancel(id: string, reason: string): Promise<Delivery | undefined> {
    let before: Delivery | undefined;
    await this.change(id, (row) => {
      before = row;
      return isSettled(row?.status) ? undefined : { status: "cancelled", reason, cancelledAt: new Date() };
    });
    return before;
  }

  /** The channel has taken the message: whatever the row says, this is so. @throws TableUnreachableError */
  async markDelivered(id: string, sentAt: Date): Promise<void> {
    await this.merge(id, { status: "delivered", sentAt, reason: "" });
  }

  /** Nothing more will be tried. What was delivered all the same stays so. @throws TableUnreachableError */
  async markFailed(id: string, reason: string, timestamps: Timestamps = {}): Promise<void> {
    await this.change(id, (row) =>
      row?.status === "delivered" ? undefined : { ...timestamps, status: "failed", reason, failedAt: new Date() },
    );
  }

  /**
   * Gives a claim back, unless somebody else has it by now: the message may be tried again at once.
   * @param retryAt where the user may have got the message: it is not tried again before @throws TableUnreachableError
   */
  async release({ id, lease, unsure }: Claim, reason: string, retryAt?: Date): Promise<void> {
    const pause = retryAt && { unsure: unsure + 1, retryAt };
    await this.change(id, (row) =>
      row?.lease === lease && row.status === "claimed"
        ? { ...waiting(reason), leaseUntil: new Date(), ...pause }
        : undefined,
    );
  }

  /** The message waits in the queue. A claim that lives, and what is final, stay. @throws TableUnreachableError */
  async markWaiting(id: string, reason: string, timestamps: Timestamps = {}): Promise<void> {
    await this.change(id, (row) =>
      row && (isSettled(row.status) || leaseLeft(row) > 0) ? timestamps : { ...timestamps, ...waiting(reason) },
    );
  }

  /** Lets a message that has failed be tried once more. @throws DeliverySettledError when it was delivered or cancelled, TableUnreachableError */
  async reopen(id: string, reason: string): Promise<void> {
    await this.change(id, (row) => {
      if (!isSettled(row?.status)) return undefined;
      if (row.status !== "failed") throw new DeliverySettledError(row.status);
      return { ...waiting(reason), leaseUntil: new Date(), unsure: 0, retryAt: new Date(0) };
    });
  }

  /** Adds what one of the apps has learned of the message's way. @throws TableUnreachableError */
  async addTimestamps(id: string, timestamps: Timestamps & Pick<Delivery, "conversation">): Promise<void> {
    await this.merge(id, timestamps);
  }

  /** @throws TableUnreachableError */
  checkAccess(): Promise<void> {
    return this.table.checkAccess();
  }

  /** Reads the row of a message. @throws TableUnreachableError */
  read(id: string): Promise<Stored<Delivery> | undefined> {
    return this.table.get<Delivery>(keyOf(id));
  }

  /** Every row, or those whose id begins so, in no order. @throws TableUnreachableError */
  list(beginning = ""): Promise<Delivery[]> {
    const filter = odata`id ge ${beginning} and id lt ${`${beginning}\u007f`}`; // an id is printable ASCII
    return this.table.all<Delivery>(beginning ? { filter } : {});
  }

  /**
   * Removes what has not changed since then; resolves to how many rows that were. One that was due later stays: its message may
   * still be on the queue, and must not be said if it was cancelled. @throws TableUnreachableError
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

function refuse(row: Delivery): void {
  const { status } = row;
  if (isSettled(status)) throw new DeliverySettledError(status);
  const left = status === "claimed" ? leaseLeft(row) : 0; // who gave it back may have a clock that is ahead
  if (left > 0) throw new DeliveryLeasedError(Math.ceil(left / 1000));
  const pause = timeLeft(row.retryAt);
  if (pause > 0) throw new DeliveryPostponedError(Math.ceil(pause / 1000));
}

function leaseLeft({ leaseUntil }: Delivery): number {
  return timeLeft(leaseUntil);
}

/** Whether somebody is saying the message at this moment, as far as its row tells. */
export function isBeingSent(row: Delivery | undefined): boolean {
  return row?.status === "claimed" && leaseLeft(row) > 0;
}

/** Milliseconds. */
function timeLeft(until: Date | undefined): number {
  return until ? until.getTime() - Date.now() : 0;
}

function waiting(reason: string): Partial<Delivery> {
  return { status: "waiting", reason, deferredAt: new Date() };
}

function keyOf(id: string): RowKey {
  return { partitionKey: entityKey(id), rowKey: "delivery" };
}

/** As a row holds them: with the message's id, and the reason cut to its limit. */
function propertiesOf(id: string, change: Partial<Delivery>): Partial<Delivery> {
  const reason = change.reason === undefined ? {} : { reason: change.reason.slice(0, longestReason) };
  return { ...change, ...reason, id: readableKey(id) };
}
