import { z } from "zod";
import type { SignedEvent } from "../../core/message/signed-event";
import { parseRetryAfter } from "../../core/queue/retry-delay";
import { type Transport, TransportError } from "./transport";

/** The bot gives a delivery six seconds, and its tables and its queue some more. Milliseconds. */
const requestLimit = 25_000;

/** What the bot says of a message that it refuses. */
const refusal = z.object({ error: z.string() });

/** Carries events to the bot by its own API, `POST /api/notify`: no channel in between. */
export class NotifyApi implements Transport {
  /** @param url `https://<bot's host>/api/notify` */
  constructor(private readonly url: string) {}

  async send({ Message, ...headers }: SignedEvent): Promise<void> {
    const response = await this.post(Message, headers);
    const { status } = response;
    const reason = await reasonIn(response);
    if (status === 202) return;
    const isFinal = [400, 413].includes(status) && reason !== undefined; // any other host's would be no verdict
    const retryAfter = parseRetryAfter(response.headers.get("retry-after"));
    throw new TransportError(
      status,
      ["the bot answered", status, reason].filter(Boolean).join(" "),
      retryAfter,
      isFinal,
    );
  }

  private post(body: string, headers: Record<string, string>): Promise<Response> {
    const signal = AbortSignal.timeout(requestLimit);
    const request = { method: "POST", body, headers: { ...headers, "content-type": "application/json" }, signal };
    return fetch(this.url, { ...request, redirect: "manual" as const }).catch((error) => {
      throw new TransportError(0, `the bot could not be reached: ${error.cause?.code ?? error.name}`);
    });
  }
}

/** Undefined where it is not the bot that answers: whatever stands in front of it has pages of its own. */
async function reasonIn(response: Response): Promise<string | undefined> {
  const parsed = refusal.safeParse(await response.json().catch(() => undefined));
  return parsed.data?.error;
}
