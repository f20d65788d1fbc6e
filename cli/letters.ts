import { audience, broadcastMessage, optedOut, privateConversationsOf } from "../core/message/broadcast";
import { InvalidMessageError } from "../core/message/invalid-message";
import { copyOf, formatMessage, type QueueMessage } from "../core/message/queue-message";
import { isGroup, referenceIn, type StoredReference } from "../core/tables/stored-reference";
import type { Desk } from "./desk";
import { Failure } from "./failure";
import { note } from "./report";
import type { SendPlan, Whom } from "./send-plan";

/** A message that is ready for the queue. */
export type Letter = QueueMessage & { id: string };

/** What a plan puts on the queue. */
export interface Mailing {
  letters: Letter[];
  /** How many are left out because they have opted out. */
  optedOut: number;
  /** The text of the only letter, where a file has it: other fields than its id and time stay as they are written. */
  json?: string;
}

/**
 * What a plan puts on the queue, whole and checked.
 * @throws Failure when nobody is there, or one is too large
 */
export async function mailingOf(desk: Desk, plan: SendPlan): Promise<Mailing> {
  const { whom } = plan;
  const mailing =
    whom === "all" ? await toEveryone(desk, plan) : { letters: [await toOne(desk, plan, whom)], optedOut: 0 };
  for (const letter of mailing.letters) refuseOversize(letter, plan);
  if (whom === "all" || !("json" in whom)) return mailing;
  return { ...mailing, json: copyOf({ ...whom, id: plan.id }, timeOf(plan.notBefore)) };
}

async function toEveryone(desk: Desk, { id, text, dialog, notBefore }: SendPlan): Promise<Mailing> {
  const { reached, optedOut } = audience(await desk.users());
  if (!reached.length)
    throw new Failure(
      optedOut
        ? "Nobody can be reached: everyone whom the bot could reach has opted out."
        : "Nobody can be reached yet: nobody has been in a conversation with the bot.",
    );
  const notice = { batch: id, text, ...startOf(dialog), ...timeOf(notBefore) };
  return { letters: reached.map((person) => broadcastMessage(notice, person)), optedOut };
}

async function toOne(desk: Desk, plan: SendPlan, whom: Exclude<Whom, "all">): Promise<Letter> {
  const { id, text = "", dialog, notBefore } = plan;
  if ("to" in whom) return { to: whom.to, text, ...startOf(dialog), ...timeOf(notBefore), id };
  if ("message" in whom) return { ...whom.message, ...timeOf(notBefore), id };
  const to =
    "user" in whom
      ? await whereUserIs(desk, whom.user, plan)
      : await whereConversationIs(desk, whom.conversation, plan);
  return { relatesTo: to, text, ...startOf(dialog), ...timeOf(notBefore), id };
}

async function whereUserIs(desk: Desk, user: string, plan: SendPlan) {
  const everyone = await desk.users();
  const [newest, ...older] = privateConversationsOf(user, everyone);
  if (!everyone.some(({ userId }) => userId === user))
    throw new Failure(
      `The bot has not heard of a user "${user}": "users" shows whom it can reach. A Teams user who never wrote is reached with --tenant ID.`,
    );
  if (!newest) throw new Failure(`"${user}" is only in groups, where others would read it: say --conversation ID.`);
  refuseOptedOut(newest, everyone, plan);
  if (older.length) note(severalConversations(user, newest, older.length));
  return referenceIn(newest);
}

function refuseOptedOut(row: StoredReference, all: StoredReference[], { evenOptedOut }: SendPlan): void {
  if (evenOptedOut || isGroup(row) || !optedOut(all)(row)) return;
  throw new Failure(
    `The user ${row.userId} has opted out, by saying "stop": with --even-opted-out it is sent all the same.`,
  );
}

function severalConversations(user: string, { channelId, conversationId }: StoredReference, older: number): string {
  return `${user} has ${older + 1} conversations. This goes to the newest, ${conversationId} (${channelId}); --conversation ID reaches another.`;
}

async function whereConversationIs(desk: Desk, conversation: string, plan: SendPlan) {
  const all = await desk.users();
  const newest = all.find(({ conversationId }) => conversationId === conversation);
  if (newest) {
    refuseOptedOut(newest, all, plan);
    return referenceIn(newest);
  }
  if (conversation && desk.stack.unheardOf) return desk.stack.unheardOf(conversation);
  throw new Failure(`The bot has not heard of a conversation "${conversation}": "users" shows those that it knows.`);
}

function startOf(dialog: string | undefined): { dialog?: string } {
  return dialog === undefined ? {} : { dialog };
}

function timeOf(notBefore: Date | undefined): { notBefore?: string } {
  return notBefore ? { notBefore: notBefore.toISOString() } : {};
}

function refuseOversize(letter: Letter, { whom }: SendPlan): void {
  try {
    formatMessage(letter);
  } catch (error) {
    if (!(error instanceof InvalidMessageError)) throw error;
    const whose = whom === "all" ? ` for the conversation ${letter.relatesTo?.conversation.id}` : "";
    throw new Failure(`The message${whose} ${error.problem}.`);
  }
}
