import { odata } from "@azure/data-tables";
import type { Activity } from "botbuilder";
import type { ConversationReference } from "../../core/message/conversation-reference";
import { isSelfNamed, type StoredReference } from "../../core/tables/stored-reference";
import { type RowKey, type Table, TableUnreachableError } from "../../core/tables/table";
import { activityKey } from "../channel/user-message";
import { log, reason } from "../log";
import { keywords, replies } from "../replies";
import { keyword } from "../text-forms";
import { addressOf, keysOf, senderRow } from "./references";

/** The users who want no broadcasts. Each of a user's rows in the table `references` says so: `optedOutAt`. */
export class OptOuts {
  constructor(private readonly table: Table) {}

  /**
   * Opts the sender of a message out or in. Resolves to the bot's answer; undefined: the message is about something else.
   * For a user who has not opted out, `start` is a word like any other. @param text of the message, without a mention of the bot
   */
  async answer(activity: Activity, text: string): Promise<string | undefined> {
    const word = keyword(text);
    if (!activity.from?.id || (word !== keywords.stop && word !== keywords.start)) return undefined;
    try {
      return await (word === keywords.stop ? this.optOut(activity) : this.optIn(activity));
    } catch (error) {
      if (!(error instanceof TableUnreachableError)) throw error;
      log("error", "wish not kept", { reason: reason(error) });
      return replies.choiceNotStored;
    }
  }

  /** Whether the user of a reference has opted out. @throws TableUnreachableError */
  async has({ user, ...conversation }: ConversationReference): Promise<boolean> {
    if (!user) return false;
    return Boolean((await this.table.get<StoredReference>(addressOf(conversation, user.id)))?.optedOutAt);
  }

  /** The sender's row of this conversation may not exist yet: `References.follow` runs beside this turn. */
  private async optOut(activity: Activity): Promise<string> {
    const optedOutAt = new Date();
    const own = { ...addressOf(activity, activity.from.id), ...senderRow(activity), optedOutAt };
    await this.table.merge(own);
    for (const row of await this.rowsOf(activity)) await this.change(keysOf(row), () => ({ optedOutAt }), "Merge");
    log("info", "opted out");
    return replies.optedOut;
  }

  private async optIn(activity: Activity): Promise<string | undefined> {
    const key = activityKey(activity);
    const known = await this.rowsOf(activity);
    const rows = known.filter(({ optedOutAt }) => optedOutAt);
    if (!rows.length) return key && known.some(({ optedInBy }) => optedInBy === key) ? replies.optedIn : undefined;
    for (const row of rows) await this.change(keysOf(row), (now) => withoutOptOut(now, key), "Replace");
    log("info", "opted in");
    return replies.optedIn;
  }

  /** Changes a row that exists. */
  private async change(
    key: RowKey,
    decide: (row: StoredReference) => Partial<StoredReference> | undefined,
    mode: "Merge" | "Replace",
  ): Promise<void> {
    await this.table.change<StoredReference>(key, (row) => row && decide(row), { mode });
  }

  /** The rows of a message's sender; where users choose their own names, of the conversation. */
  private rowsOf(activity: Activity) {
    const { channelId, from } = activity;
    const filter = isSelfNamed(activity)
      ? odata`PartitionKey eq ${addressOf(activity, "").partitionKey}`
      : odata`channelId eq ${channelId} and userId eq ${from.id}`;
    return this.table.all<StoredReference>({ filter });
  }
}

/** The whole row without the opt-out: only a replacement takes a column away. */
function withoutOptOut(row: StoredReference, optedInBy: string | undefined): StoredReference | undefined {
  if (!row.optedOutAt) return undefined;
  const { optedOutAt: _, etag, timestamp, ...rest } = row as StoredReference & { etag: string; timestamp?: string };
  return { ...rest, optedInBy };
}
