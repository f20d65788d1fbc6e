import { odata } from "@azure/data-tables";
import {
  type Activity,
  ActivityTypes,
  type ChannelAccount,
  Channels,
  type ConversationReference,
  TurnContext,
} from "botbuilder";
import type { Addressee } from "../../core/message/addressee";
import { toJson } from "../../core/message/json-text";
import { functionUser } from "../../core/message/signed-event";
import { mapConcurrent } from "../../core/promises";
import { entityKey } from "../../core/tables/entity";
import {
  copyPrefix,
  isGroup,
  isSelfNamed,
  referenceIn,
  type StoredReference,
} from "../../core/tables/stored-reference";
import type { RowKey, Table } from "../../core/tables/table";
import { type Departure, departureIn, placeOf, type TeamsPlace, teamOf } from "../channel/departures";
import { log, reason } from "../log";
import type { Conversation } from "./conversation-store";

/** The number of rows that change at the same time. */
const concurrentChanges = 8;

/**
 * The conversations in which the bot can speak first: the newest ConversationReference of each user in each conversation, in
 * the table `references`. Its errors are logged, and fail no turn.
 */
export class References {
  constructor(private readonly table: Table) {}

  /**
   * Keeps the sender of an authenticated activity, and removes users who have left.
   * Resolves to the conversations that ended for everyone, as far as the table knows them.
   */
  async follow(activity: Activity): Promise<Conversation[]> {
    try {
      const departure = departureIn(activity);
      const ended = departure ? await this.forget(activity, departure) : [];
      if (isFromReachableUser(activity, departure)) await this.keep(activity);
      return ended;
    } catch (error) {
      log("error", "reference not kept", { reason: reason(error) });
      return [];
    }
  }

  /** Forgets a conversation in which no user can be reached any more, at the address that was tried: a newer one may work. */
  async drop(reference: Conversation & { serviceUrl: string }): Promise<void> {
    try {
      const users = await this.find(inConversation(reference));
      await this.removeAll(users.filter(({ serviceUrl }) => serviceUrl === reference.serviceUrl));
    } catch (error) {
      log("error", "reference not dropped", { reason: reason(error) });
    }
  }

  /** Adds the reason why a message failed to the rows of a conversation, unless a row has changed in the meantime. */
  async noteProblem(reference: Conversation, problem: string): Promise<void> {
    try {
      const rows = await this.find(inConversation(reference));
      await mapConcurrent(concurrentChanges, rows, ({ etag, ...row }) =>
        this.table.update({ ...keysOf(row), problem, problemAt: new Date() }, etag),
      );
    } catch (error) {
      log("error", "problem not noted", { reason: reason(error) });
    }
  }

  /** The newest conversation in which the bot is alone with a user. @throws TableUnreachableError */
  async ofUser({ channelId, userId }: Pick<Addressee, "channelId" | "userId">) {
    const rows = await this.table.all<StoredReference>({ filter: `PartitionKey eq '${copiesOf(channelId, userId)}'` });
    const [newest] = rows.filter((row) => !isGroup(row)).sort((a, b) => b.seenAt.getTime() - a.seenAt.getTime());
    return newest && referenceIn(newest);
  }

  /** Keeps a conversation with a user who has not written yet. */
  async add(
    reference: Partial<ConversationReference>,
    user: Pick<ChannelAccount, "id" | "aadObjectId">,
  ): Promise<void> {
    try {
      await this.store(rowOf(reference, user));
    } catch (error) {
      log("error", "reference not kept", { reason: reason(error) });
    }
  }

  /** A row with the user's Entra object id as its user id is of the same user. */
  private async keep(activity: Activity): Promise<void> {
    const row = { ...senderRow(activity), problem: "" };
    await this.store(row);
    const { aadObjectId } = row;
    if (aadObjectId && aadObjectId !== row.userId) await this.table.remove(addressOf(activity, aadObjectId));
  }

  /** Writes a row and, unless it is of a group, its copies, by which the user is found. Other columns stay as they are. */
  private async store(row: StoredReference): Promise<void> {
    const conversation = { channelId: row.channelId, conversation: { id: row.conversationId } };
    const addresses = [addressOf(conversation, row.userId), ...(isGroup(row) ? [] : copiesAt(row))];
    await Promise.all(addresses.map((address) => this.table.merge({ ...address, ...row })));
  }

  private async forget(activity: Activity, departure: Departure): Promise<Conversation[]> {
    const place = placeOf(activity);
    const rows = await this.find(place ? inPlace(place) : inConversation(activity));
    const isEnd = departure === "everyone";
    await this.removeAll(isEnd ? rows : rows.filter(({ userId }) => departure.has(userId)));
    if (!isEnd) return [];
    const { channelId, conversation } = activity;
    const ids = new Set([place?.channel ?? conversation.id, ...rows.map(({ conversationId }) => conversationId)]);
    return [...ids].map((id) => ({ channelId, conversation: { id } }));
  }

  private find(filter: string) {
    return this.table.all<StoredReference>({
      filter,
      select: ["PartitionKey", "RowKey", "channelId", "conversationId", "userId", "aadObjectId", "serviceUrl"],
    });
  }

  /** Removes the rows that have not changed since they were found, with their copies. */
  private async removeAll(rows: Awaited<ReturnType<References["find"]>>): Promise<void> {
    await mapConcurrent(concurrentChanges, rows, async (row) => {
      if (!(await this.table.remove(keysOf(row), row.etag))) return;
      await Promise.all(copiesAt(row).map((copy) => this.table.remove(copy)));
    });
  }
}

export function keysOf({ partitionKey = "", rowKey = "" }: Partial<RowKey>): RowKey {
  return { partitionKey, rowKey };
}

/** Each conversation is a partition: it ends for all of its users at once. */
export function addressOf({ channelId, conversation }: Conversation, userId: string): RowKey {
  return { partitionKey: entityKey(`${channelId}/${conversation.id}`), rowKey: entityKey(userId) };
}

function inConversation(conversation: Conversation): string {
  return `PartitionKey eq '${addressOf(conversation, "").partitionKey}'`;
}

/** Rows from before the column `teamId` are found by their thread. */
function inPlace({ channel, team }: TeamsPlace): string {
  const [from, to] = [`${channel};`, `${channel}<`]; // "<" comes after ";"
  const thread = odata`conversationId eq ${channel} or (conversationId ge ${from} and conversationId lt ${to})`;
  const anywhere = team === undefined ? thread : `${odata`teamId eq ${team}`} or ${thread}`;
  return `${odata`channelId eq ${Channels.Msteams}`} and (${anywhere})`;
}

/** The copies of a row: by the user's id and, on Teams, by their Entra object id. */
function copiesAt({ channelId, conversationId, userId, aadObjectId }: StoredReference): RowKey[] {
  const ids = new Set([userId, ...(aadObjectId ? [aadObjectId] : [])]);
  return [...ids].map((id) => ({ partitionKey: copiesOf(channelId, id), rowKey: entityKey(conversationId) }));
}

/** The partition of the copies of one user's rows. */
function copiesOf(channelId: string, id: string): string {
  return copyPrefix + entityKey(`${channelId}/${isObjectId(id) ? id.toLowerCase() : id}`);
}

/** Whether an id is of Microsoft Entra's form, a GUID. */
export function isObjectId(id: string): boolean {
  return /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(id);
}

/** The row of an activity's sender. */
export function senderRow(activity: Activity): StoredReference {
  return { ...rowOf(TurnContext.getConversationReference(activity), activity.from), teamId: teamOf(activity) };
}

function rowOf(
  reference: Partial<ConversationReference>,
  user: Pick<ChannelAccount, "id" | "aadObjectId">,
): StoredReference {
  const { channelId = "", conversation, serviceUrl = "" } = reference;
  return {
    channelId,
    conversationId: conversation?.id ?? "",
    userId: user.id,
    aadObjectId: channelId === Channels.Msteams ? user.aadObjectId : undefined, // on other channels users may claim any
    serviceUrl,
    reference: toJson(reference),
    seenAt: new Date(),
  };
}

/** The activities that show where a user can be reached. */
const followed: string[] = [ActivityTypes.Message, ActivityTypes.ConversationUpdate, ActivityTypes.InstallationUpdate];

/**
 * Whether an activity comes from a user whom the bot can reach by it: not from this stack's own function, nor from a
 * conversation that has no user yet, in whose name Direct Line speaks then. Where users choose their own names, a user who
 * has only opened the page does not count yet.
 */
function isFromReachableUser(activity: Activity, departure: Departure | undefined): boolean {
  const { type, from, conversation, recipient } = activity;
  if (isSelfNamed(activity) && type !== ActivityTypes.Message) return false;
  if (!followed.includes(type) || !from?.id) return false;
  if (departure && (departure === "everyone" || departure.has(from.id))) return false;
  return ![functionUser, conversation.id, recipient?.id].includes(from.id);
}
