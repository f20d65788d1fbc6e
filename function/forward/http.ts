import { z } from "zod";
import type { SignedEvent } from "../../core/message/signed-event";
import { parseRetryAfter } from "../../core/queue/retry-delay";
import { type Transport, TransportError } from "./transport";

/** Milliseconds for a request. The bot gives a delivery six seconds, and its tables and its queue some more. */
const requestLimit = 25_000;

/** The bot's answer to a message that it refuses. */
const refusal = z.object({ error: z.string() });

/** Sends events to the bot's own API, `POST /api/notify`, without a channel in between. */
export class HttpTransport implements Transport {
  /** @param url `https://<bot's host>/api/notify` */
  constructor(private readonly url: string) {}

  async send({ Message, ...headers }: SignedEvent): Promise<void> {
    const response = await this.post(Message, headers);
    const { status } = response;
    const reason = await reasonIn(response);
    if (status === 202) return;
    const isFinal = [400, 413].includes(status) && reason !== undefined; // without a reason another host has answered
    const retryAfter = parseRetryAfter(response.headers.get("retry-after"));
    throw new TransportError(
      status,
      ["The bot answered", status, reason].filter(Boolean).join(" "),
      retryAfter,
      isFinal,
    );
  }

  private post(body: string, headers: Record<string, string>): Promise<Response> {
    const signal = AbortSignal.timeout(requestLimit);
    const request = { method: "POST", body, headers: { ...headers, "content-type": "application/json" }, signal };
    return fetch(this.url, { ...request, redirect: "manual" as const }).catch((error) => {
      throw new TransportError(0, `The bot could not be reached: ${error.cause?.code ?? error.name}`);
    });
  }
}

/** Undefined: the answer is not the bot's. A proxy in front of the bot answers with pages of its own. */
async function reasonIn(response: Response): Promise<string | undefined> {
  const parsed = refusal.safeParse(await response.json().catch(() => undefined));
  return parsed.data?.error;
}
