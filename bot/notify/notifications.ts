import { InvalidMessageError } from "../../core/message/invalid-message";
import { messageId } from "../../core/message/queue-message";
import { verifyEvent } from "../../core/message/signed-event";
import { waitIfSoon } from "../../core/promises";
import type { MessageQueue } from "../../core/queue/message-queue";
import { type Deliveries, notDueReason } from "../../core/tables/deliveries";
import type { Secret } from "../../core/vault-secret";
import { ForbiddenServiceError, type ServiceHosts } from "../channel/service-hosts";
import { TooBusyError } from "../http-errors";
import { log, reason } from "../log";
import type { ProactiveDelivery } from "../proactive/delivery";
import { ReceivedEvent } from "../proactive/received-event";
import type { Dialogs } from "../state/conversations";

/**
 * Deliveries at a time. The function sends 24 at most. A hundred take about a second of the six that each may have, at a
 * hundred a second (measured on two busy cores).
 */
const mostAtOnce = 100;

/** Milliseconds that a message may come early: its sender's clock is another one. */
const shortWait = 1_000;

export interface NotificationParts {
  /** The secret that signs notifications. */
  webhook: Secret;
  delivery: ProactiveDelivery;
  queue: MessageQueue;
  deliveries: Deliveries;
  dialogs: Dialogs;
  serviceHosts: ServiceHosts;
}

/** Queue messages from other systems, each in a signed request. */
export class Notifications {
  private underWay = 0;

  constructor(private readonly parts: NotificationParts) {}

  /**
   * Resolves to the message's id when it is delivered, deferred or set aside: its caller may then forget it.
   * @param event a `SignedEvent`, if its signature is right
   * @throws ForgedEventError first; InvalidMessageError; TooBusyError; or an error that may pass: then the caller may try again
   */
  async take(event: unknown): Promise<string> {
    const signed = await verifyEvent(event, this.parts.webhook);
    const received = new ReceivedEvent(signed);
    this.check(received, signed["webhook-id"]);
    if (this.underWay >= mostAtOnce) throw new TooBusyError(`${this.underWay} messages are being delivered.`);
    this.underWay++; // a message that waited here would fill the memory
    try {
      await this.bring(received);
    } finally {
      this.underWay--;
    }
    return received.id;
  }

  /** Refuses a message that would be set aside: its caller can mend it. @throws InvalidMessageError */
  private check({ message }: ReceivedEvent, webhookId: string): void {
    const id = messageId.safeParse(webhookId);
    if (!id.success) throw new InvalidMessageError("webhook-id", `is not valid: ${id.error.issues[0]?.message}`);
    this.parts.dialogs.startedBy(message);
    if (message.relatesTo) this.checkService("relatesTo.serviceUrl", message.relatesTo.serviceUrl);
    if (message.to?.serviceUrl) this.checkService("to.serviceUrl", message.to.serviceUrl);
  }

  private checkService(field: string, serviceUrl: string): void {
    try {
      this.parts.serviceHosts.check(serviceUrl);
    } catch (error) {
      if (!(error instanceof ForbiddenServiceError)) throw error;
      throw new InvalidMessageError(field, "is not an https host on the bot's allow-list");
    }
  }

  /** A message that is due is never put on the queue: its caller may be the function, which empties the queue. */
  private async bring(received: ReceivedEvent): Promise<void> {
    const { notBefore } = received.message;
    if (notBefore && !(await waitIfSoon(notBefore, shortWait))) return this.postpone(received, notBefore);
    await this.parts.delivery.deliver(received);
  }

  /** A message on the queue is safe: when the table is out of reach, the caller need not send it again. */
  private async postpone(received: ReceivedEvent, notBefore: string): Promise<void> {
    const { id } = received;
    const dueAt = new Date(notBefore);
    await this.parts.queue.postpone(received, dueAt);
    log("info", "postponed", { id, notBefore });
    await this.parts.deliveries.markWaiting(id, notDueReason(notBefore), { dueAt }).catch((error) => {
      log("error", "not recorded", { id, reason: reason(error) });
    });
  }
}
