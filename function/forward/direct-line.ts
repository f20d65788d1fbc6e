import { z } from "zod";
import { eventName, functionUser, type SignedEvent } from "../../core/message/signed-event";
import { parseRetryAfter } from "../../core/queue/retry-delay";
import { type Secret, withSecret } from "../../core/vault-secret";
import { type Transport, TransportError } from "./transport";

/** Milliseconds for a request. Direct Line waits 15 s for the bot, and then answers. */
const requestLimit = 25_000;

/** A token is valid for half an hour and is renewed five minutes before its end. Milliseconds. */
const renewalMargin = 5 * 60 * 1000;

/** Direct Line's answer to a start and to a renewal. The token is valid for `expires_in` seconds. */
const conversationAnswer = z.object({
  conversationId: z.string().min(1),
  token: z.string().min(1),
  expires_in: z.number(),
});

interface Conversation {
  id: string;
  token: string;
  /** Milliseconds since the epoch. */
  expires: number;
}

/**
 * Sends events over Direct Line, in one conversation with the bot. This instance starts the conversation with the first event
 * and reuses it: a new one for each message would cost the bot another turn. Protocol: Direct Line API 3.0.
 */
export class DirectLine implements Transport {
  private conversation?: Promise<Conversation>;

  /** @param endpoint `https://directline.botframework.com`, or the endpoint of another cloud */
  constructor(
    private readonly endpoint: string,
    private readonly secret: Secret,
  ) {}

  /** Resolves when the bot has answered the event with success. @throws TransportError, VaultError */
  async send(value: SignedEvent): Promise<void> {
    const conversation = await this.currentConversation();
    try {
      await this.post(conversation, value);
    } catch (error) {
      if (!isForgotten(error)) throw error;
      await this.forget(conversation);
      await this.post(await this.currentConversation(), value);
    }
  }

  private async post({ id, token }: Conversation, value: SignedEvent): Promise<void> {
    const activity = { type: "event", name: eventName, from: { id: functionUser }, value };
    await this.request(`conversations/${encodeURIComponent(id)}/activities`, token, activity);
  }

  /** Resolves to the conversation, started or renewed where needed. Concurrent callers share one request. */
  private async currentConversation(): Promise<Conversation> {
    const pending = this.conversation;
    const conversation = await pending;
    if (conversation && conversation.expires - Date.now() > renewalMargin) return conversation;
    if (this.conversation !== pending) return this.currentConversation();
    return this.remember(conversation ? this.renew(conversation) : this.start());
  }

  private remember(opened: Promise<Conversation>): Promise<Conversation> {
    this.conversation = opened;
    opened.catch(() => {
      if (this.conversation === opened) this.conversation = undefined;
    });
    return opened;
  }

  private async forget({ token }: Conversation): Promise<void> {
    const pending = this.conversation;
    if ((await pending?.catch(() => undefined))?.token === token && this.conversation === pending) {
      this.conversation = undefined;
    }
  }

  private async start(): Promise<Conversation> {
    return readConversation(await withSecret(this.secret, (key) => this.request("conversations", key), isForgotten));
  }

  /** Renews the token. An expired token cannot be renewed: then a new conversation starts. */
  private async renew({ token }: Conversation): Promise<Conversation> {
    try {
      return readConversation(await this.request("tokens/refresh", token));
    } catch (error) {
      if (!isForgotten(error)) throw error;
      return this.start();
    }
  }

  private async request(path: string, credential: string, body?: unknown): Promise<Response> {
    const response = await fetch(`${this.endpoint}/v3/directline/${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${credential}`, "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(requestLimit),
    }).catch((error) => {
      throw new TransportError(0, `Direct Line could not be reached: ${error.cause?.code ?? error.name}`);
    });
    if (response.ok) return response;
    const retryAfter = parseRetryAfter(response.headers.get("retry-after"));
    const isFinal = body !== undefined && [400, 413].includes(response.status);
    throw new TransportError(response.status, `Direct Line answered ${await summary(response)}`, retryAfter, isFinal);
  }
}

async function readConversation(response: Response): Promise<Conversation> {
  const opened = conversationAnswer.safeParse(await response.json().catch(() => undefined));
  if (!opened.success) throw new TransportError(0, "Direct Line answered without a conversation");
  const { conversationId, token, expires_in } = opened.data;
  return { id: conversationId, token, expires: Date.now() + expires_in * 1000 };
}

/** Direct Line no longer knows the token or the conversation: a new start may help. */
function isForgotten(error: unknown): boolean {
  return error instanceof TransportError && [401, 403, 404].includes(error.status);
}

/** The status with Direct Line's error code and sentence; never another body, which may be from a stranger. */
async function summary(response: Response): Promise<string> {
  const body = (await response.json().catch(() => null)) as { error?: { code?: string; message?: string } } | null;
  return [response.status, body?.error?.code, body?.error?.message].filter(Boolean).join(" ");
}
