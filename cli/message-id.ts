import { randomBytes } from "node:crypto";
import { messageId } from "../core/message/queue-message";
import { WrongUsage } from "./failure";

/** As long as what `addressed` puts after a batch's id for each person. */
const suffix = `/${"0".repeat(24)}`;

/** An id that tells when it was made: `send-20261122T210000Z-x1y2z3`. */
export function freshId(now = new Date()): string {
  const time = now.toISOString().replace(/\.\d+|[-:]/g, "");
  return `send-${time}-${randomBytes(3).toString("hex")}`;
}

export function isMessageId(id: string): boolean {
  return messageId.safeParse(id).success;
}

/** @throws WrongUsage when it cannot be a message's id, or start the ids of a batch */
export function checkedId(id: string, isBatch: boolean): string {
  if (id && messageId.safeParse(isBatch ? id + suffix : id).success) return id;
  const most = 200 - (isBatch ? suffix.length : 0);
  throw new WrongUsage(`--id must be 1 to ${most} printable ASCII characters, without a space at either end.`);
}
