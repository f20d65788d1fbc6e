import { type Activity, ActivityTypes, type ConversationReference, TurnContext } from "botbuilder";
import { entityKey, functionUser, isConflict, isSelfNamed, type StoredReference, type Table, toJson } from "../message";
import { log, reason } from "./log";

/** Which conversation, on which channel. */
type Conversation = Pick<Activity, "channelId"> & { conversation: { id: string } };

/**
 * Where the bot can speak first: the newest ConversationReference of each user in each conversation, in the table
 * `references`. What goes wrong here is logged, and fails no turn.
 */
export class References {
  constructor(private readonly table: Table) {}

  /** Keeps up with what an authenticated activity tells: who is there, and who is gone. */
  async follow(activity: Activity): Promise<void> {
    try {
      await this.take(activity);
    } catch (error) {
      log("error", "reference not kept", { reason: reason(error) });
    }
  }

  /** Forgets a conversation that nobody can be reached in any more, by the address that was tried: a newer one may do. */
  async drop(reference: Conversation & { serviceUrl: string }): Promise<void> {
    try {
      const users = await this.usersIn(reference);
      const gone = users.filter(({ serviceUrl }) => serviceUrl === reference.serviceUrl);
      await Promise.all(gone.map(({ userId, etag }) => this.remove(reference, userId, etag)));
    } catch (error) {
      log("error", "reference not dropped", { reason: reason(error) });
    }
  }

  private async take(activity: Activity): Promise<void> {
    if (isEnd(activity)) return this.removeAll(activity);
    await Promise.all((activity.membersRemoved ?? []).map(({ id }) => this.remove(activity, id)));
    if (speaksForUser(activity)) await this.keep(activity);
  }

  private async keep(activity: Activity): Promise<void> {
    const entity = { ...addressOf(activity, activity.from.id), ...rowOf(activity) };
    await this.table.request((client, options) => client.upsertEntity(entity, "Merge", options)); // other columns stay
  }

  /** @param etag of the row to remove; any, if not given */
  private async remove(conversation: Conversation, userId: string, etag = "*"): Promise<void> {
    const { partitionKey, rowKey } = addressOf(conversation, userId);
    const remove = this.table.request((client, options) =>
      client.deleteEntity(partitionKey, rowKey, { ...options, etag }),
    );
    await remove.catch((error) => {
      if (!isConflict(error)) throw error;
    });
  }

  private async removeAll(conversation: Conversation): Promise<void> {
    const users = await this.usersIn(conversation);
    await Promise.all(users.map(({ userId }) => this.remove(conversation, userId)));
  }

  private usersIn(conversation: Conversation) {
    const filter = `PartitionKey eq '${addressOf(conversation, "").partitionKey}'`;
    return this.table.all<StoredReference>({ filter, select: ["userId", "serviceUrl"] });
  }
}

/** One partition for each conversation: it ends for all of its users at once. */
export function addressOf({ channelId, conversation }: Conversation, userId: string) {
  return { partitionKey: entityKey(`${channelId}/${conversation.id}`), rowKey: entityKey(userId) };
}

/** The row of an activity's sender. */
export function rowOf(activity: Activity): StoredReference {
  const reference: Partial<ConversationReference> = TurnContext.getConversationReference(activity);
  const userId = activity.from.id;
  const { channelId = "", conversation, serviceUrl = "" } = reference;
  const conversationId = conversation?.id ?? "";
  return { channelId, conversationId, userId, serviceUrl, reference: toJson(reference), seenAt: new Date() };
}

/** The bot was uninstalled, or is no longer in the conversation. */
function isEnd({ type, action, membersRemoved, recipient }: Activity): boolean {
  if (type === ActivityTypes.InstallationUpdate) return action === "remove";
  return Boolean(membersRemoved?.some(({ id }) => id === recipient?.id));
}

const telling: string[] = [ActivityTypes.Message, ActivityTypes.ConversationUpdate, ActivityTypes.InstallationUpdate];

/**
 * Whether an activity comes from somebody whom the bot can reach by it: not from this stack's own function, nor from a
 * conversation that has no user yet, in whose name Direct Line speaks then. Where users name themselves, somebody who has
 * only opened the page is nobody yet.
 */
function speaksForUser(activity: Activity): boolean {
  const { type, from, conversation, recipient, membersRemoved } = activity;
  if (isSelfNamed(activity) && type !== ActivityTypes.Message) return false;
  if (!telling.includes(type) || !from?.id) return false;
  if (membersRemoved?.some(({ id }) => id === from.id)) return false;
  return ![functionUser, conversation.id, recipient?.id].includes(from.id);
}
