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
import { type Table, unlessChanged } from "../../core/tables/table";
import { type Departure, departureIn } from "../channel/departure";
import { inPlace, placeOf, teamOf } from "../channel/teams-place";
import { log, reason } from "../log";

/** How many rows are removed side by side. */
const atOnce = 8;

/** Which conversation, on which channel. */
export type Conversation = Pick<Activity, "channelId"> & { conversation: { id: string } };

/**
 * Where the bot can speak first: the newest ConversationReference of each user in each conversation, in the table
 * `references`. What goes wrong here is logged, and fails no turn.
 */
export class References {
  constructor(private readonly table: Table) {}

  /**
   * Keeps the sender of an authenticated activity, and removes users who are gone.
   * Resolves to the conversations that ended for everyone, as far as the table knows them.
   */
  async follow(activity: Activity): Promise<Conversation[]> {
    try {
      return await this.take(activity);
    } catch (error) {
      log("error", "reference not kept", { reason: reason(error) });
      return [];
    }
  }

  /** Forgets a conversation that nobody can be reached in any more, by the address that was tried: a newer one may do. */
  async drop(reference: Conversation & { serviceUrl: string }): Promise<void> {
    try {
      const users = await this.find(inConversation(reference));
      await this.removeAll(users.filter(({ serviceUrl }) => serviceUrl === reference.serviceUrl));
    } catch (error) {
      log("error", "reference not dropped", { reason: reason(error) });
    }
  }

  /** Notes beside a conversation's users why a message failed there, unless one was heard of in the meantime. */
  async note(reference: Conversation, problem: string): Promise<void> {
    try {
      const users = await this.find(inConversation(reference));
      await mapConcurrent(atOnce, users, (row) =>
        this.write({ ...keysOf(row), problem, problemAt: new Date() }, row.etag),
      );
    } catch (error) {
      log("error", "problem not noted", { reason: reason(error) });
    }
  }

  /** Where the bot can speak to a user alone; the conversation where it heard of them last. @throws TableUnreachableError */
  async ofUser({ channelId, userId }: Pick<Addressee, "channelId" | "userId">) {
    const rows = await this.table.all<StoredReference>({ filter: `PartitionKey eq '${copiesOf(channelId, userId)}'` });
    const [newest] = rows.filter((row) => !isGroup(row)).sort((a, b) => b.seenAt.getTime() - a.seenAt.getTime());
    return newest && referenceIn(newest);
  }

  /** Keeps where a user can be spoken to who has not written yet. */
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

  private async take(activity: Activity): Promise<Conversation[]> {
    const departure = departureIn(activity);
    const ended = departure ? await this.forget(activity, departure) : [];
    if (speaksForUser(activity, departure)) await this.keep(activity);
    return ended;
  }

  /** A row that was made by the user's Entra object id alone is the same user's. */
  private async keep(activity: Activity): Promise<void> {
    const row = { ...senderRow(activity), problem: "" };
    await this.store(row);
    const { aadObjectId } = row;
    if (aadObjectId && aadObjectId !== row.userId) await this.delete(addressOf(activity, aadObjectId));
  }

  /** A row, and where it is of a user alone the copies of it by which the user is found. Other columns stay as they are. */
  private async store(row: StoredReference): Promise<void> {
    const conversation = { channelId: row.channelId, conversation: { id: row.conversationId } };
    const addresses = [addressOf(conversation, row.userId), ...(isGroup(row) ? [] : copiesAt(row))];
    await Promise.all(
      addresses.map((address) =>
        this.table.request((client, options) => client.upsertEntity({ ...address, ...row }, "Merge", options)),
      ),
    );
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

  /** Those that have not changed since they were found: who was heard of in the meantime stays. */
  private async removeAll(rows: Awaited<ReturnType<References["find"]>>): Promise<void> {
    await mapConcurrent(atOnce, rows, async (row) => {
      if (await this.delete(keysOf(row), row.etag)) await Promise.all(copiesAt(row).map((copy) => this.delete(copy)));
    });
  }

  /** False: it is another one by now, or not there. */
  private delete({ partitionKey, rowKey }: Keys, etag = "*"): Promise<boolean> {
    return unlessChanged(
      this.table.request((client, options) => client.deleteEntity(partitionKey, rowKey, { ...options, etag })),
    );
  }

  private write(change: Keys & Partial<StoredReference>, etag: string): Promise<boolean> {
    return unlessChanged(
      this.table.request((client, options) => client.updateEntity(change, "Merge", { ...options, etag })),
    );
  }
}

interface Keys {
  partitionKey: string;
  rowKey: string;
}

function keysOf({ partitionKey = "", rowKey = "" }: Partial<Keys>): Keys {
  return { partitionKey, rowKey };
}

/** One partition for each conversation: it ends for all of its users at once. */
export function addressOf({ channelId, conversation }: Conversation, userId: string) {
  return { partitionKey: entityKey(`${channelId}/${conversation.id}`), rowKey: entityKey(userId) };
}

function inConversation(conversation: Conversation): string {
  return `PartitionKey eq '${addressOf(conversation, "").partitionKey}'`;
}

/** The copies of a row: by the user's id and, on Teams, by their Entra object id. */
function copiesAt({ channelId, conversationId, userId, aadObjectId }: StoredReference): Keys[] {
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
    aadObjectId: channelId === Channels.Msteams ? user.aadObjectId : undefined, // elsewhere users may claim any
    serviceUrl,
    reference: toJson(reference),
    seenAt: new Date(),
  };
}

const telling: string[] = [ActivityTypes.Message, ActivityTypes.ConversationUpdate, ActivityTypes.InstallationUpdate];

/**
 * Whether an activity comes from somebody whom the bot can reach by it: not from this stack's own function, nor from a
 * conversation that has no user yet, in whose name Direct Line speaks then. Where users name themselves, somebody who has
 * only opened the page is nobody yet.
 */
function speaksForUser(activity: Activity, departure: Departure | undefined): boolean {
  const { type, from, conversation, recipient } = activity;
  if (isSelfNamed(activity) && type !== ActivityTypes.Message) return false;
  if (!telling.includes(type) || !from?.id) return false;
  if (departure && (departure === "everyone" || departure.has(from.id))) return false;
  return ![functionUser, conversation.id, recipient?.id].includes(from.id);
}
