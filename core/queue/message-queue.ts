import type { TokenCredential } from "@azure/identity";
import { QueueClient } from "@azure/storage-queue";
import { copyOf, formatMessage, type QueueMessage, type ReceivedMessage } from "../message/queue-message";
import { poisonSuffix } from "../names";
import { toQueueText, withExactText } from "./queue-text";
import { deferralLimit, longestInvisibility, retryDelay } from "./retry-delay";

/** Milliseconds for a request with its retry. The service enforces `tryTimeoutInMs`; a service that never answers needs this limit. */
const requestLimit = 9_000;

/** The queue does not exist. Apps never create one: the Pulumi program owns the queues. */
export class QueueMissingError extends Error {
  override readonly name = "QueueMissingError";

  constructor(queueUrl: string) {
    super(
      `The queue ${queueUrl} does not exist. The Pulumi program makes it: run "pulumi up", or check the app setting QUEUE_URL.`,
    );
  }
}

/** The rights that an app's identity needs, with Azure's built-in roles for them. */
const toSend = { action: "send to", role: "Storage Queue Data Message Sender" };
const toRead = { action: "read", role: "Storage Queue Data Reader" };

/** This app's identity has no right to the queue, or the right does not work yet. */
export class QueueForbiddenError extends Error {
  override readonly name = "QueueForbiddenError";

  constructor(queueUrl: string, { action, role }: typeof toSend) {
    super(`This app may not ${action} the queue ${queueUrl}: the role ${role} is missing, or does not work yet.`);
  }
}

/** The bot's queue and its poison queue, used with a managed identity. */
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
   * Puts a message on the queue. It appears at once, or when it is due, but after seven days at the latest.
   * @param showAt the time at which it appears, instead @param json the message's JSON text, if it is already written
   * @throws MessageTooLargeError, QueueMissingError, QueueForbiddenError
   */
  async enqueue(message: QueueMessage, showAt?: Date, json = formatMessage(message)): Promise<void> {
    const time = showAt ?? (message.notBefore ? new Date(message.notBefore) : undefined);
    await send(this.queue, json, time ? secondsUntil(time) : 0);
  }

  /** Puts a copy back for a later try; each time it waits longer. False: it was deferred for a day, and has failed. */
  async defer(received: ReceivedMessage, retryAfter = 0): Promise<boolean> {
    const { attempt, since } = deferralOf(received.message);
    if (Date.now() - since > deferralLimit) return false;
    const copy = copyOf(received, { attempt: attempt + 1, deferredSince: new Date(since).toISOString() });
    await send(this.queue, copy, retryDelay(attempt, retryAfter));
    return true;
  }

  /** Puts a copy back that appears at `notBefore`, but after seven days at the latest. */
  async postpone(received: ReceivedMessage, notBefore: Date): Promise<void> {
    const copy = copyOf(received, { attempt: received.message.attempt ?? 0 }); // the field marks a copy
    await send(this.queue, copy, Math.max(secondsUntil(notBefore), 1));
  }

  /** Puts a copy back as a new message, without its deferrals and without a `notBefore` that has passed. */
  async restore(received: ReceivedMessage): Promise<void> {
    const due = new Date(received.message.notBefore ?? 0);
    const isAhead = due.getTime() > Date.now();
    const notBefore = isAhead ? received.message.notBefore : undefined;
    const copy = copyOf(received, { attempt: 0, deferredSince: undefined, notBefore });
    await send(this.queue, copy, isAhead ? secondsUntil(due) : 0);
  }

  /** Puts a text into the poison queue, as it came. */
  async poison(text: string): Promise<void> {
    await send(this.poisonQueue, text);
  }

  /** Resolves when this app's identity can read both queues. @throws QueueMissingError, QueueForbiddenError */
  async checkAccess(): Promise<void> {
    await Promise.all(
      [this.queue, this.poisonQueue].map((queue) => translate(queue, toRead, queue.getProperties(limited()))),
    );
  }
}

/** The attempt and the time of the first deferral (milliseconds since the epoch). A time in the future counts as now. */
function deferralOf({ attempt, deferredSince }: QueueMessage): { attempt: number; since: number } {
  const since = Math.min(Date.parse(deferredSince ?? "") || Date.now(), Date.now());
  return { attempt: deferredSince ? (attempt ?? 0) : 0, since };
}

/** Messages never expire (-1); Azure's default is seven days. */
async function send(queue: QueueClient, text: string, visibilityTimeout = 0): Promise<void> {
  const sent = queue.sendMessage(toQueueText(text), { messageTimeToLive: -1, visibilityTimeout, ...limited() });
  await translate(queue, toSend, sent);
}

/** Rounded down: a receiver can wait for the rest of the second. */
function secondsUntil(time: Date): number {
  const seconds = Math.floor((time.getTime() - Date.now()) / 1000);
  return Math.min(Math.max(seconds, 0), longestInvisibility);
}

function limited() {
  return { abortSignal: AbortSignal.timeout(requestLimit) };
}

/** Turns the SDK's errors into errors that say what to do. */
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
