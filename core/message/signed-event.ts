import { Webhook } from "standardwebhooks";
import { z } from "zod";
import { type Secret, withSecret } from "../vault-secret";

/** The `name` of the event activity that carries a queue message to the bot. */
export const eventName = "proactive";

/** The function's user id in its own conversation with the bot. Any user may take this id: only the signature counts. */
export const functionUser = "proactive-function";

/** The headers of the Standard Webhooks specification; an event has them as fields. */
export const signatureHeaders = ["webhook-id", "webhook-timestamp", "webhook-signature"] as const;

/** The event's `value`: a queue message's JSON text, signed as standardwebhooks.com specifies. */
const signedEvent = z.object({
  Message: z.string(),
  "webhook-id": z.string().min(1),
  "webhook-timestamp": z.string(),
  "webhook-signature": z.string(),
});

export type SignedEvent = z.infer<typeof signedEvent>;

/** An event without a valid signature of this stack's function, or with an old one. */
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
 * Verifies an event's `value`, with the renewed secret where the secret was rotated.
 * @throws ForgedEventError, or the error of the secret's `get` and `renew`
 */
export function verifyEvent(value: unknown, webhook: Secret): Promise<SignedEvent> {
  return withSecret(
    webhook,
    (secret) => openEvent(value, secret),
    (error) => error instanceof ForgedEventError,
  );
}

/**
 * Verifies an event's `value` with one secret.
 * @throws ForgedEventError when its shape or its signature is wrong, or its time is more than five minutes from now
 */
export function openEvent(value: unknown, secret: string): SignedEvent {
  const event = signedEvent.safeParse(value);
  if (!event.success) throw new ForgedEventError("The event is not signed.");
  const { Message, "webhook-id": id, "webhook-timestamp": timestamp } = event.data;
  try {
    new Webhook(secret).verify(Message, event.data, { jsonParse: false });
  } catch (error) {
    throw new ForgedEventError(`The signature of the event is not valid: ${(error as Error).message}.`);
  }
  // Signed again, because "v1,<good> v1,<bad>" and "1700000000x" verify too: an old event would look new.
  return signEvent(Message, id, secret, new Date(Number.parseInt(timestamp, 10) * 1000));
}
