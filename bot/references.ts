import { type Activity, ActivityTypes, type ConversationReference, TurnContext } from "botbuilder";
import { entityKey, functionUser, isConflict, type StoredReference, sideBySide, type Table, toJson } from "../message";
import { type Departure, departureIn } from "./departure";
import { log, reason } from "./log";
import { inPlace, placeOf, teamOf } from "./teams-place";

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

  private async take(activity: Activity): Promise<Conversation[]> {
    const departure = departureIn(activity);
    const ended = departure ? await this.forget(activity, departure) : [];
    if (speaksForUser(activity, departure)) await this.keep(activity);
    return ended;
  }

  private async keep(activity: Activity): Promise<void> {
    const reference = TurnContext.getConversationReference(activity);
    const row = { ...rowOf(reference, activity.from.id), teamId: teamOf(activity) };
    const entity = { ...addressOf(activity, activity.from.id), ...row };
    await this.table.request((client, options) => client.upsertEntity(entity, "Replace", options));
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
      select: ["PartitionKey", "RowKey", "conversationId", "userId", "serviceUrl"],
    });
  }

  /** Those that have not changed since they were found: who was heard of in the meantime stays. */
  private async removeAll(rows: Awaited<ReturnType<References["find"]>>): Promise<void> {
    await sideBySide(atOnce, rows, async ({ partitionKey = "", rowKey = "", etag }) => {
      const remove = this.table.request((client, options) =>
        client.deleteEntity(partitionKey, rowKey, { ...options, etag }),
      );
      await remove.catch((error) => {
        if (!isConflict(error)) throw error;
      });
    });
  }
}

/** One partition for each conversation: it ends for all of its users at once. */
function addressOf({ channelId, conversation }: Conversation, userId: string) {
  return { partitionKey: entityKey(`${channelId}/${conversation.id}`), rowKey: entityKey(userId) };
}

function inConversation(conversation: Conversation): string {
  return `PartitionKey eq '${addressOf(conversation, "").partitionKey}'`;
}

function rowOf(reference: Partial<ConversationReference>, userId: string): StoredReference {
  const { channelId = "", conversation, serviceUrl = "" } = reference;
  const conversationId = conversation?.id ?? "";
  return { channelId, conversationId, userId, serviceUrl, reference: toJson(reference), seenAt: new Date() };
}

const telling: string[] = [ActivityTypes.Message, ActivityTypes.ConversationUpdate, ActivityTypes.InstallationUpdate];

/**
 * Whether an activity comes from somebody whom the bot can reach by it: not from this stack's own function, nor from a
 * conversation that has no user yet, in whose name Direct Line speaks then.
 */
function speaksForUser({ type, from, conversation, recipient }: Activity, departure: Departure | undefined): boolean {
  if (!telling.includes(type) || !from?.id) return false;
  if (departure && (departure === "everyone" || departure.has(from.id))) return false;
  return ![functionUser, conversation.id, recipient?.id].includes(from.id);
}
