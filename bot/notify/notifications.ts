import { InvalidMessageError } from "../../core/message/invalid-message";
import { messageId } from "../../core/message/queue-message";
import { verifyEvent } from "../../core/message/signed-event";
import { waitIfSoon } from "../../core/promises";
import type { MessageQueue } from "../../core/queue/message-queue";
import { type Deliveries, notDueReason } from "../../core/tables/deliveries";
import type { Secret } from "../../core/vault-secret";
import { ForbiddenServiceError, type ServiceHosts } from "../channel/service-hosts";
import type { DialogRegistry } from "../dialogs/engine/dialog-registry";
import { log, reason } from "../log";
import type { ProactiveDelivery } from "../proactive/delivery";
import { Incoming } from "../proactive/incoming";
import { InFlight } from "./in-flight";

/**
 * Deliveries at a time. The function brings 24 at most; a hundred take about a second of the six that each may have, where a
 * hundred a second are said (measured on two busy cores).
 */
const mostAtOnce = 100;

/** Milliseconds that a message may come early: the clocks of those who bring what is due are others. */
const shortWait = 1_000;

export interface NotificationParts {
  /** What their callers sign with. */
  webhook: Secret;
  delivery: ProactiveDelivery;
  queue: MessageQueue;
  deliveries: Deliveries;
  registry: DialogRegistry;
  serviceHosts: ServiceHosts;
}

/** What other systems ask the bot to say, each in a signed request. */
export class Notifications {
  private readonly inFlight = new InFlight(mostAtOnce);

  constructor(private readonly parts: NotificationParts) {}

  /**
   * Resolves to the message's id when it is delivered, deferred or set aside: then its caller may forget it.
   * @param event a `SignedEvent`, if its caller is not lying
   * @throws ForgedEventError first of all; InvalidMessageError; TooBusyError; what made it impossible now: then it may come again
   */
  async take(event: unknown): Promise<string> {
    const signed = await verifyEvent(event, this.parts.webhook);
    const incoming = new Incoming(signed);
    this.check(incoming, signed["webhook-id"]);
    await this.inFlight.run(() => this.bring(incoming));
    return incoming.id;
  }

  /** What would be set aside is refused instead: there is somebody to tell. @throws InvalidMessageError */
  private check({ message }: Incoming, webhookId: string): void {
    const named = messageId.safeParse(webhookId);
    if (!named.success) throw new InvalidMessageError("webhook-id", `is not valid: ${named.error.issues[0]?.message}`);
    this.parts.registry.startedBy(message);
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

  /** What is due never goes to the queue: the function, which empties that, may be the one who brings it. */
  private async bring(incoming: Incoming): Promise<void> {
    const { notBefore } = incoming.message;
    if (notBefore && !(await waitIfSoon(notBefore, shortWait))) return this.postpone(incoming, notBefore);
    await this.parts.delivery.deliver(incoming);
  }

  /** What is in the queue is safe: a table that is out of reach brings no second copy of it. */
  private async postpone(incoming: Incoming, notBefore: string): Promise<void> {
    const { id } = incoming;
    await this.parts.queue.postpone(incoming, new Date(notBefore));
    log("info", "postponed", { id, notBefore });
    const dueAt = new Date(notBefore);
    await this.parts.deliveries.markWaiting(id, notDueReason(notBefore), { dueAt }).catch((error) => {
      log("error", "not recorded", { id, reason: reason(error) });
    });
  }
}
