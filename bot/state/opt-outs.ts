import { odata } from "@azure/data-tables";
import type { Activity } from "botbuilder";
import type { ConversationReference } from "../../core/message/conversation-reference";
import { isSelfNamed, type StoredReference } from "../../core/tables/stored-reference";
import { type Table, TableUnreachableError, unlessChanged, unlessMissing } from "../../core/tables/table";
import { activityKey } from "../channel/activity-key";
import { log, reason } from "../log";
import { keyword } from "../words";
import { addressOf, senderRow } from "./references";

/** How often a row is read again when others change it at the same time. */
const tries = 5;

const answers = {
  stop: 'You will get no more messages that are meant for everyone. Say "start" to get them again.',
  start: 'You will get messages that are meant for everyone again. Say "stop" to end that.',
  failure: "I could not write that down. Please try again in a moment.",
};

/** Users who want no broadcasts. Their wish is in each of their rows of the table `references`: `optedOutAt`. */
export class OptOuts {
  constructor(private readonly table: Table) {}

  /**
   * Opts the user of a message out or in. Resolves to what the bot says to that; undefined: the message says something else.
   * `start` is a word like any other for a user who has not opted out. @param text of the message, without a mention of the bot
   */
  async answer(activity: Activity, text: string): Promise<string | undefined> {
    const word = keyword(text);
    if (!activity.from?.id || (word !== "stop" && word !== "start")) return undefined;
    try {
      return await (word === "stop" ? this.optOut(activity) : this.optIn(activity));
    } catch (error) {
      if (!(error instanceof TableUnreachableError)) throw error;
      log("error", "wish not kept", { reason: reason(error) });
      return answers.failure;
    }
  }

  /** Whether the user of a reference has opted out. @throws TableUnreachableError */
  async has({ user, ...conversation }: ConversationReference): Promise<boolean> {
    if (!user) return false;
    const { partitionKey, rowKey } = addressOf(conversation, user.id);
    const get = this.table.request((client, options) =>
      client.getEntity<StoredReference>(partitionKey, rowKey, options),
    );
    return Boolean((await get.catch(unlessMissing))?.optedOutAt);
  }

  /** This row may not be there yet: it is written beside this turn. */
  private async optOut(activity: Activity): Promise<string> {
    const optedOutAt = new Date();
    const own = { ...addressOf(activity, activity.from.id), ...senderRow(activity), optedOutAt };
    await this.table.request((client, options) => client.upsertEntity(own, "Merge", options));
    for (const { partitionKey = "", rowKey = "" } of await this.rowsOf(activity)) {
      const change = { partitionKey, rowKey, optedOutAt };
      const update = this.table.request((client, options) => client.updateEntity(change, "Merge", options));
      await update.catch(unlessMissing);
    }
    log("info", "opted out");
    return answers.stop;
  }

  private async optIn(activity: Activity): Promise<string | undefined> {
    const key = activityKey(activity);
    const known = await this.rowsOf(activity);
    const rows = known.filter(({ optedOutAt }) => optedOutAt);
    if (!rows.length) return key && known.some(({ optedInBy }) => optedInBy === key) ? answers.start : undefined;
    for (const { partitionKey = "", rowKey = "" } of rows) await this.clear(partitionKey, rowKey, key);
    log("info", "opted in");
    return answers.start;
  }

  /** A merge takes no column away, so the row is replaced: by what it is at this moment, or again. */
  private async clear(partitionKey: string, rowKey: string, optedInBy?: string): Promise<void> {
    for (let i = 0; i < tries; i++) {
      const read = this.table.request((client, options) =>
        client.getEntity<StoredReference>(partitionKey, rowKey, options),
      );
      const row = await read.catch(unlessMissing);
      if (!row?.optedOutAt) return;
      const { optedOutAt: _, etag, timestamp: __, ...rest } = row;
      const replace = this.table.request((client, options) =>
        client.updateEntity({ ...rest, partitionKey, rowKey, optedInBy }, "Replace", { ...options, etag }),
      );
      if (await unlessChanged(replace)) return;
    }
    throw TableUnreachableError.because(
      "references",
      new Error(`other changes of a row came first, ${tries} times in a row`),
    );
  }

  /** The rows of a message's sender; where users name themselves, of the conversation. */
  private rowsOf(activity: Activity) {
    const { channelId, from } = activity;
    const filter = isSelfNamed(activity)
      ? odata`PartitionKey eq ${addressOf(activity, "").partitionKey}`
      : odata`channelId eq ${channelId} and userId eq ${from.id}`;
    return this.table.all<StoredReference>({ filter });
  }
}
