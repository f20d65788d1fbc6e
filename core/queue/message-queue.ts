import type { TokenCredential } from "@azure/identity";
import { QueueClient } from "@azure/storage-queue";
import { copyOf, formatMessage, type QueueMessage, type ReceivedMessage } from "../message/queue-message";
import { poisonSuffix } from "../names";
import { toQueueText, withExactText } from "./queue-text";
import { longestInvisibility, retryDelay } from "./retry-delay";

/** For how long a message is deferred before it has failed, in milliseconds. */
export const deferralLimit = 24 * 60 * 60 * 1000;

/** Milliseconds for a request with its tries: the service enforces `tryTimeoutInMs`, so one that never answers needs this. */
const requestLimit = 9_000;

/** A queue that should exist does not: apps never create one, the Pulumi program owns them. */
export class QueueMissingError extends Error {
  override readonly name = "QueueMissingError";

  constructor(queueUrl: string) {
    super(`The queue ${queueUrl} does not exist. The Pulumi program makes it: run "pulumi up", or look at QUEUE_URL.`);
  }
}

/** A right that an app's identity must have on a queue, and Azure's built-in role that gives it. */
const toSend = { what: "send to", role: "Storage Queue Data Message Sender" };
const toLook = { what: "look at", role: "Storage Queue Data Reader" };

/** This app's identity has no right to the queue, or Azure does not know of it yet. */
export class QueueForbiddenError extends Error {
  override readonly name = "QueueForbiddenError";

  constructor(queueUrl: string, { what, role }: typeof toSend) {
    super(`This app may not ${what} the queue ${queueUrl}: the role ${role} is missing, or does not work yet.`);
  }
}

/** The bot's queue and its poison queue, reached with a managed identity. */
export class MessageQueue {
  private readonly queue: QueueClient;
  private readonly poisonQueue: QueueClient;

  /** @param url `https://<account>.queue.core.windows.net/<queue>` @param tlsOptions an authority to trust instead of Node's */
  constructor(
    readonly url: string,
    credential: TokenCredential,
    tlsOptions?: { ca: string },
  ) {
    // Two short tries fit a channel's 15 s limit for a turn.
    const options = { retryOptions: { maxTries: 2, tryTimeoutInMs: 4_000, retryDelayInMs: 200 }, tlsOptions };
    this.queue = withExactText(new QueueClient(url, credential, options));
    this.poisonQueue = withExactText(new QueueClient(url + poisonSuffix, credential, options));
  }

  get name(): string {
    return this.queue.name;
  }

  /**
   * What is not due yet shows up then, or in seven days to be hidden again.
   * @param showAt when it is to show up, if not at `notBefore` or at once
   * @param json its text, where that is written already
   * @throws InvalidMessageError when the message is too large, QueueMissingError.
   */
  async enqueue(message: QueueMessage, showAt?: Date, json = formatMessage(message)): Promise<void> {
    const time = showAt ?? (message.notBefore ? new Date(message.notBefore) : undefined);
    await send(this.queue, json, time ? secondsUntil(time) : 0);
  }

  /** Puts a copy back that shows up later, longer after each attempt. False: a day has passed and the message has failed. */
  async defer(received: ReceivedMessage, retryAfter = 0): Promise<boolean> {
    const { attempt, since } = deferralOf(received.message);
    if (Date.now() - since > deferralLimit) return false;
    const copy = copyOf(received, { attempt: attempt + 1, deferredSince: new Date(since).toISOString() });
    await send(this.queue, copy, retryDelay(attempt, retryAfter));
    return true;
  }

  /** Puts a copy back that shows up at `notBefore`, or in seven days to be hidden again. */
  async postpone(received: ReceivedMessage, notBefore: Date): Promise<void> {
    const copy = copyOf(received, { attempt: received.message.attempt ?? 0 }); // which says that it is a copy
    await send(this.queue, copy, Math.max(secondsUntil(notBefore), 1));
  }

  /** Puts a copy back as if the message were new: its deferrals are forgotten, and when it was due. */
  async restore(received: ReceivedMessage): Promise<void> {
    const due = new Date(received.message.notBefore ?? 0);
    const isAhead = due.getTime() > Date.now();
    const notBefore = isAhead ? received.message.notBefore : undefined;
    const copy = copyOf(received, { attempt: 0, deferredSince: undefined, notBefore });
    await send(this.queue, copy, isAhead ? secondsUntil(due) : 0);
  }

  /** Sets a message's text aside for people to look at, as it came. */
  async poison(text: string): Promise<void> {
    await send(this.poisonQueue, text);
  }

  /** Resolves when this app's identity reaches both queues. */
  async checkAccess(): Promise<void> {
    await Promise.all(
      [this.queue, this.poisonQueue].map((queue) => translate(queue, toLook, queue.getProperties(limited()))),
    );
  }
}

/** A time in the future is none of ours: an app says when it deferred the message. Milliseconds since the epoch. */
function deferralOf({ attempt, deferredSince }: QueueMessage): { attempt: number; since: number } {
  const since = Math.min(Date.parse(deferredSince ?? "") || Date.now(), Date.now());
  return { attempt: deferredSince ? (attempt ?? 0) : 0, since };
}

/** -1: a message of ours never expires (Azure's default is seven days). */
async function send(queue: QueueClient, text: string, visibilityTimeout = 0): Promise<void> {
  const sent = queue.sendMessage(toQueueText(text), { messageTimeToLive: -1, visibilityTimeout, ...limited() });
  await translate(queue, toSend, sent);
}

/** Rounded down: who gets it a moment early can wait that moment. Seconds. */
function secondsUntil(time: Date): number {
  const seconds = Math.floor((time.getTime() - Date.now()) / 1000);
  return Math.min(Math.max(seconds, 0), longestInvisibility);
}

function limited() {
  return { abortSignal: AbortSignal.timeout(requestLimit) };
}

async function translate<T>(queue: QueueClient, right: typeof toSend, request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (error) {
    const { code, statusCode } = error as { code?: string; statusCode?: number };
    if (code === "QueueNotFound") throw new QueueMissingError(queue.url);
    if (statusCode === 403) throw new QueueForbiddenError(queue.url, right);
    throw error;
  }
}
