import assert from "node:assert/strict";
import type { Activity, ConversationReference, TurnContext } from "botbuilder";
import type { ChannelAdapter, NewConversation } from "../../../bot/channel/channel-adapter";
import { ConversationTurns } from "../../../bot/channel/conversation-turns";
import { Addressees } from "../../../bot/proactive/addressees";
import { ProactiveDelivery } from "../../../bot/proactive/delivery";
import { ReceivedEvent } from "../../../bot/proactive/received-event";
import { type Dialogs, noDialogs } from "../../../bot/state/conversations";
import { OptOuts } from "../../../bot/state/opt-outs";
import { References } from "../../../bot/state/references";
import type { QueueMessage, ReceivedMessage } from "../../../core/message/queue-message";
import type { MessageQueue } from "../../../core/queue/message-queue";
import type { Deliveries } from "../../../core/tables/deliveries";
import { MemoryTable } from "./memory-table";

export const appId = "the app id";
export const teamsServiceUrl = "https://smba.example/teams/";

/** The parts round a delivery, where a test has its own. */
export interface DeliveryWorld {
  deliveries: Deliveries;
  /** The channel: takes what the bot says. */
  send(activity: Partial<Activity>): Promise<void>;
  /** The queue: takes a copy, or says that a day has passed. */
  defer?(message: QueueMessage, retryAfter?: number): Promise<boolean>;
  postpone?(message: QueueMessage, notBefore: Date): Promise<void>;
  poison?(json: string): Promise<void>;
  /** Opens a conversation; resolves to its id. */
  open?(serviceUrl: string, parameters: NewConversation): Promise<string>;
  /** Learns in which conversation a turn begins. */
  resumed?(appId: string, reference: ConversationReference): void;
  turns?: ConversationTurns;
  dialogs?: Dialogs;
  references?: MemoryTable;
}

/** The delivery of one instance of the bot, and its queue. */
export function testDelivery(world: DeliveryWorld): { delivery: ProactiveDelivery; queue: MessageQueue } {
  const table = world.references ?? new MemoryTable();
  const references = new References(table);
  const adapter = {
    open: (_appId: string, serviceUrl: string, parameters: NewConversation) => world.open?.(serviceUrl, parameters),
    resume: async (appId: string, reference: ConversationReference, turn: (context: TurnContext) => Promise<void>) => {
      world.resumed?.(appId, reference);
      const { channelId, conversation, user: from } = reference;
      const context = {
        activity: { id: "random", channelId, conversation, from },
        sendActivity: (activity: Partial<Activity>) => world.send(activity),
      };
      await turn(context as unknown as TurnContext);
      assert.equal(context.activity.id, undefined, "Web Chat would wait for the activity this replies to");
    },
  } as unknown as ChannelAdapter;
  const queue = {
    defer: async ({ id, message }: ReceivedMessage, retryAfter?: number) =>
      world.defer?.({ ...message, id }, retryAfter),
    postpone: async ({ id, message }: ReceivedMessage, due: Date) => world.postpone?.({ ...message, id }, due),
    poison: async (json: string) => world.poison?.(json),
  } as unknown as MessageQueue;
  const delivery = new ProactiveDelivery({
    adapter,
    queue,
    appId,
    references,
    addressees: new Addressees({ adapter, references, appId, teamsServiceUrl }),
    deliveries: world.deliveries,
    turns: world.turns ?? new ConversationTurns(),
    dialogs: world.dialogs ?? noDialogs,
    optOuts: new OptOuts(table),
  });
  return { delivery, queue };
}

/** What the function has signed, as far as a delivery looks at it. */
export function eventOf(message: unknown, id = "1"): ReceivedEvent {
  const Message = typeof message === "string" ? message : JSON.stringify(message);
  return new ReceivedEvent({ Message, "webhook-id": id, "webhook-timestamp": "", "webhook-signature": "" });
}
