import { setTimeout as sleep } from "node:timers/promises";
import WebSocket from "ws";
import { patience } from "./eventually";

/** An activity as Direct Line shows it. */
export interface Activity {
  id: string;
  type: string;
  text?: string;
  from: { id: string; name?: string; role?: string };
  [property: string]: unknown;
}

export interface DirectLineOptions {
  /** Milliseconds between polls by REST; absent: a WebSocket stream. */
  pollEvery?: number;
}

interface Conversation {
  conversationId: string;
  token: string;
  streamUrl: string;
}

interface Waiter {
  check(): void;
  fail(error: Error): void;
}

/** A user of a bot: one conversation over Direct Line 3.0, the way any channel client holds it. */
export class DirectLineClient {
  /** What the bot said, in the order of arrival. */
  readonly received: Activity[] = [];
  private readonly waiters = new Set<Waiter>();
  private readonly closing = new AbortController();
  private failure?: Error;

  private constructor(
    private readonly domain: string,
    private readonly conversation: Conversation,
    readonly userId: string,
  ) {}

  /**
   * Starts a conversation and follows it.
   * @param domain with its path, such as `https://directline.botframework.com/v3/directline`
   * @param userId one that begins with `dl_` is bound to the conversation's token
   */
  static async open(
    domain: string,
    secret: string,
    userId = "user",
    { pollEvery }: DirectLineOptions = {},
  ): Promise<DirectLineClient> {
    const response = await post(`${domain}/conversations`, secret, { user: { id: userId } });
    const client = new DirectLineClient(
      domain,
      (await expectOk(response).then((r) => r.json())) as Conversation,
      userId,
    );
    if (pollEvery) void client.poll(pollEvery);
    else await client.stream();
    return client;
  }

  get conversationId(): string {
    return this.conversation.conversationId;
  }

  /** Resolves when the bot has taken the text. @throws Error with Direct Line's answer when it has not */
  async say(text: string): Promise<void> {
    const response = await expectOk(await this.post({ type: "message", text }));
    await response.arrayBuffer(); // an unread body keeps its connection
  }

  /** Posts any activity; its `from` is this user unless it has one. The answer is the caller's to judge. */
  post(activity: Record<string, unknown>): Promise<Response> {
    return post(this.activities, this.conversation.token, { from: { id: this.userId }, ...activity });
  }

  /** Resolves to all that the bot said once that is at least so much. @throws Error that tells what came instead */
  waitFor(count: number, milliseconds?: number): Promise<Activity[]>;
  /** Resolves to the first activity of the bot that matches, be it here already. @throws Error that tells what came instead */
  waitFor(matches: (activity: Activity) => boolean, milliseconds?: number): Promise<Activity>;
  waitFor(what: number | ((activity: Activity) => boolean), milliseconds = patience): Promise<Activity | Activity[]> {
    if (typeof what === "function") return this.until(() => this.received.find(what), "the one awaited", milliseconds);
    const enough = () => (this.received.length >= what ? [...this.received] : undefined);
    return this.until(enough, `${what} activities`, milliseconds);
  }

  /** Stops following; who still waits is told so. */
  close(): void {
    this.closing.abort();
    this.fail(new Error("The client was closed."));
  }

  private get activities(): string {
    return `${this.domain}/conversations/${encodeURIComponent(this.conversationId)}/activities`;
  }

  private until<T>(find: () => T | undefined, what: string, milliseconds: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        clearTimeout(timer);
        this.waiters.delete(waiter);
        act();
      };
      const waiter: Waiter = {
        check: () => {
          const found = find();
          if (found !== undefined) settle(() => resolve(found));
        },
        fail: (error) => settle(() => reject(error)),
      };
      const timer = setTimeout(() => waiter.fail(this.disappointed(what, milliseconds)), milliseconds);
      this.waiters.add(waiter);
      waiter.check();
      if (this.failure) waiter.fail(this.failure); // no-op for one that found what it wants
    });
  }

  private disappointed(what: string, milliseconds: number): Error {
    const came = this.received.map(({ type, text }) => `\n  ${type}: ${text ?? ""}`).join("") || " nothing";
    return new Error(`The bot did not say ${what} within ${milliseconds} ms. It said:${came}`);
  }

  private async stream(): Promise<void> {
    const socket = new WebSocket(this.conversation.streamUrl);
    this.closing.signal.addEventListener("abort", () => socket.terminate());
    socket.on("message", (data) => {
      const text = String(data);
      if (text) this.take(JSON.parse(text).activities); // an empty message only keeps the connection alive
    });
    socket.on("close", (code) => this.fail(new Error(`Direct Line ended the stream with code ${code}.`)));
    await new Promise<void>((resolve, reject) => {
      socket.once("open", resolve).on("error", (error) => {
        reject(error);
        this.fail(error);
      });
    });
  }

  private async poll(every: number): Promise<void> {
    const { signal } = this.closing;
    let watermark = "";
    try {
      while (!signal.aborted) {
        const headers = { authorization: `Bearer ${this.conversation.token}` };
        const response = await expectOk(await fetch(`${this.activities}?watermark=${watermark}`, { headers, signal }));
        const set = (await response.json()) as { activities: Activity[]; watermark: string };
        watermark = set.watermark;
        this.take(set.activities);
        await sleep(every, undefined, { signal });
      }
    } catch (error) {
      this.fail(error as Error);
    }
  }

  private take(activities: Activity[]): void {
    this.received.push(...activities.filter(({ from }) => from.id !== this.userId));
    for (const waiter of this.waiters) waiter.check();
  }

  private fail(error: Error): void {
    this.failure ??= error;
    for (const waiter of this.waiters) waiter.fail(this.failure);
  }
}

function post(url: string, credential: string, body: unknown): Promise<Response> {
  return fetch(url, {
    method: "POST",
    headers: { authorization: `Bearer ${credential}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

async function expectOk(response: Response): Promise<Response> {
  if (response.ok) return response;
  throw new Error(`Direct Line answered ${response.status}: ${await response.text()}`);
}
