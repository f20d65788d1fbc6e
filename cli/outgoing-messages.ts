import { audience, broadcastMessage, optedOut, privateConversationsOf } from "../core/message/broadcast";
import type { ConversationReference } from "../core/message/conversation-reference";
import { InvalidMessageError } from "../core/message/invalid-message";
import { copyOf, formatMessage, type QueueMessage } from "../core/message/queue-message";
import { mapConcurrent } from "../core/promises";
import type { Batch, Outbox } from "../core/queue/outbox";
import { DeliverySettledError } from "../core/tables/deliveries";
import { isGroup, referenceIn, type StoredReference } from "../core/tables/stored-reference";
import { CommandError, errorMessage } from "./errors";
import { note } from "./output/terminal";
import type { Recipient, SendRequest } from "./send-request";
import type { StackClient } from "./stack-client";

/** A message that is ready for the queue. */
export type OutgoingMessage = QueueMessage & { id: string };

export interface OutgoingMessages {
  messages: OutgoingMessage[];
  /** How many users are left out because they have opted out. */
  optedOut: number;
  /** The text of the only message, where it comes from a file: all fields but its id and time stay as they are written. */
  json?: string;
}

/** The result of putting messages on the queue. */
export interface SendResult {
  sent: OutgoingMessage[];
  failed: { message: OutgoingMessage; reason: string }[];
  /** The message or its batch was cancelled in the meantime. */
  cancelled: OutgoingMessage[];
  /** Not tried because of an interruption. */
  left: OutgoingMessage[];
}

type Client = Pick<StackClient, "listUsers" | "stack">;

/** How many messages are put on the queue at the same time. */
const concurrency = 16;

/** Makes and checks all messages of a request. @throws CommandError without a recipient, or for a message that is too large */
export async function prepareMessages(client: Client, request: SendRequest): Promise<OutgoingMessages> {
  const { recipient, id } = request;
  const outgoing =
    recipient === "all"
      ? await prepareBroadcast(client, request)
      : { messages: [await prepareMessage(client, request, recipient)], optedOut: 0 };
  for (const message of outgoing.messages) checkSize(message, request);
  if (recipient === "all" || !("json" in recipient)) return outgoing;
  return { ...outgoing, json: copyOf({ ...recipient, id }, timeOf(request)) };
}

/** Puts messages on the queue; one that fails does not stop the others. @param batch of which they are part */
export async function enqueueMessages(
  outbox: Pick<Outbox, "put">,
  messages: OutgoingMessage[],
  batch: Batch | undefined,
  signal: AbortSignal,
  onProgress: (result: SendResult) => void = () => {},
): Promise<SendResult> {
  const result: SendResult = { sent: [], failed: [], cancelled: [], left: [] };
  await mapConcurrent(concurrency, messages, async (message) => {
    if (signal.aborted) return void result.left.push(message);
    try {
      await outbox.put(message, batch);
      result.sent.push(message);
    } catch (error) {
      if (error instanceof DeliverySettledError) result.cancelled.push(message);
      else result.failed.push({ message, reason: errorMessage(error as Error) });
    }
    onProgress(result);
  });
  return result;
}

async function prepareBroadcast(client: Client, request: SendRequest): Promise<OutgoingMessages> {
  const { reached, optedOut } = audience(await client.listUsers());
  if (!reached.length)
    throw new CommandError(
      optedOut
        ? "The bot cannot reach any user: all users that it could reach have opted out."
        : "The bot cannot reach any user yet. It reaches a user after their first private conversation with it.",
    );
  const broadcast = { batch: request.id, text: request.text, dialog: request.dialog, ...timeOf(request) };
  return { messages: reached.map((user) => broadcastMessage(broadcast, user)), optedOut };
}

async function prepareMessage(
  client: Client,
  request: SendRequest,
  recipient: Exclude<Recipient, "all">,
): Promise<OutgoingMessage> {
  const { id, text = "", dialog } = request;
  if ("message" in recipient) return { ...recipient.message, ...timeOf(request), id };
  const content = { text, dialog, ...timeOf(request), id };
  if ("to" in recipient) return { to: recipient.to, ...content };
  const relatesTo =
    "user" in recipient
      ? await findUser(client, recipient.user, request)
      : await findConversation(client, recipient.conversation, request);
  return { relatesTo, ...content };
}

async function findUser(client: Client, user: string, request: SendRequest): Promise<ConversationReference> {
  const rows = await client.listUsers();
  const [newest, ...older] = privateConversationsOf(user, rows);
  if (!rows.some(({ userId }) => userId === user))
    throw new CommandError(
      `The bot does not know a user "${user}". "users" lists the known ones. A Teams user without a conversation needs --tenant ID.`,
    );
  if (!newest)
    throw new CommandError(
      `The bot knows "${user}" only in groups, where others would read the message. Choose a group with --conversation ID.`,
    );
  checkOptOut(newest, rows, request);
  if (older.length) note(severalConversations(user, newest, older.length + 1));
  return referenceIn(newest);
}

async function findConversation(client: Client, id: string, request: SendRequest): Promise<ConversationReference> {
  const rows = await client.listUsers();
  const newest = rows.find(({ conversationId }) => conversationId === id);
  if (newest) {
    checkOptOut(newest, rows, request);
    return referenceIn(newest);
  }
  if (id && client.stack.referenceTo) return client.stack.referenceTo(id);
  throw new CommandError(`The bot does not know a conversation "${id}". "users" lists the known ones.`);
}

function checkOptOut(row: StoredReference, rows: StoredReference[], { evenOptedOut }: SendRequest): void {
  if (evenOptedOut || isGroup(row) || !optedOut(rows)(row)) return;
  throw new CommandError(
    `The user ${row.userId} has opted out with "stop". Add --even-opted-out to send all the same.`,
  );
}

function severalConversations(user: string, { channelId, conversationId }: StoredReference, count: number): string {
  return `${user} has ${count} conversations. The message goes to the most recent one, ${conversationId} (${channelId}). Choose another with --conversation ID.`;
}

function timeOf({ notBefore }: SendRequest): { notBefore?: string } {
  return notBefore ? { notBefore: notBefore.toISOString() } : {};
}

function checkSize(message: OutgoingMessage, { recipient }: SendRequest): void {
  try {
    formatMessage(message);
  } catch (error) {
    if (!(error instanceof InvalidMessageError)) throw error;
    const conversation = recipient === "all" ? ` for the conversation ${message.relatesTo?.conversation.id}` : "";
    throw new CommandError(`The message${conversation} ${error.problem}.`);
  }
}
