import type { Activity } from "botbuilder";
import { ForgedEventError, functionUser, type SignedEvent, verifyEvent } from "../../core/message/signed-event";
import type { Secret } from "../../core/vault-secret";
import { log, reason } from "../log";

/** Signatures stay valid for five minutes on either side of their time. */
const memory = 10 * 60 * 1000;

/** Lets a proactive event in when this stack's function signed it, just now, and it was not seen before. */
export class EventGate {
  /** Each admitted signature and when it may be forgotten, oldest first. */
  private readonly seen = new Map<string, number>();

  constructor(private readonly webhook: Secret) {}

  /**
   * Undefined, and a line in the log, for an event that anyone with a chat window could have posted. One that says it is the
   * function's is refused aloud: after a rotation the function may sign with the old secret, and must not lose the message.
   * @throws ForgedEventError, VaultError
   */
  async admit({ value, from }: Pick<Activity, "value" | "from">, now = Date.now()): Promise<SignedEvent | undefined> {
    try {
      const event = await verifyEvent(value, this.webhook);
      if (this.isNew(event["webhook-signature"], now)) return event;
      log("warn", "event refused", { id: event["webhook-id"], reason: "it was seen before" });
    } catch (error) {
      if (!(error instanceof ForgedEventError) || from?.id === functionUser) throw error;
      log("warn", "event refused", { reason: reason(error) });
    }
    return undefined;
  }

  /** Forgets an admitted event that was not delivered: who brings it again is let in. */
  release(event: SignedEvent): void {
    this.seen.delete(event["webhook-signature"]);
  }

  private isNew(signature: string, now: number): boolean {
    for (const [old, expiry] of this.seen) {
      if (expiry > now) break;
      this.seen.delete(old);
    }
    if (this.seen.has(signature)) return false;
    this.seen.set(signature, now + memory);
    return true;
  }
}
