import { Webhook } from "standardwebhooks";
import { z } from "zod";
import { type Secret, withSecret } from "../vault-secret";

/** The `name` of the event activity that carries a queue message to the bot. */
export const eventName = "proactive";

/** Who the function is in its own conversation with the bot. Anyone may call themselves so: only the signature counts. */
export const functionUser = "proactive-function";

/** What the Standard Webhooks specification signs with, as headers; an event has them as fields. */
export const signatureHeaders = ["webhook-id", "webhook-timestamp", "webhook-signature"] as const;

/** The event's `value`: a queue message's JSON text, signed as standardwebhooks.com specifies. */
const signedEvent = z.object({
  Message: z.string(),
  "webhook-id": z.string().min(1),
  "webhook-timestamp": z.string(),
  "webhook-signature": z.string(),
});

export type SignedEvent = z.infer<typeof signedEvent>;

/** An event that this stack's function did not sign, or not now. */
export class ForgedEventError extends Error {
  override readonly name = "ForgedEventError";
}

/** @param secret `whsec_` and the Base64 of the shared key */
export function signEvent(json: string, id: string, secret: string, at = new Date()): SignedEvent {
  return {
    Message: json,
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": new Webhook(secret).sign(id, at, json),
  };
}

/**
 * Opens an event's `value` with a secret that may have been rotated since.
 * @throws ForgedEventError as `openEvent` does, or what the secret's `get` and `renew` throw
 */
export function verifyEvent(value: unknown, webhook: Secret): Promise<SignedEvent> {
  return withSecret(
    webhook,
    (secret) => openEvent(value, secret),
    (error) => error instanceof ForgedEventError,
  );
}

/**
 * Opens an event's `value`.
 * @throws ForgedEventError when its shape or its signature is wrong, or when it is not within five minutes of now.
 */
export function openEvent(value: unknown, secret: string): SignedEvent {
  const event = signedEvent.safeParse(value);
  if (!event.success) throw new ForgedEventError("it is not signed");
  const { Message, "webhook-id": id, "webhook-timestamp": timestamp } = event.data;
  try {
    new Webhook(secret).verify(Message, event.data, { jsonParse: false });
  } catch (error) {
    throw new ForgedEventError((error as Error).message);
  }
  // In its one spelling: "v1,<good> v1,<bad>" and "1700000000x" verify too, and would make an old event look new.
  return signEvent(Message, id, secret, new Date(Number.parseInt(timestamp, 10) * 1000));
}
