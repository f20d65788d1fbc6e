import type { Activity, TurnContext } from "botbuilder";
import { ConversationTurns } from "../../../bot/channel/conversation-turns";
import type { ProactiveDelivery } from "../../../bot/proactive/delivery";
import type { ReceivedEvent } from "../../../bot/proactive/received-event";
import { UserQueue } from "../../../bot/proactive/user-queue";
import { type Dialogs, noDialogs } from "../../../bot/state/conversations";
import { OptOuts } from "../../../bot/state/opt-outs";
import { References } from "../../../bot/state/references";
import { TurnHandler } from "../../../bot/turn-handler";
import { formatMessage, type QueueMessage } from "../../../core/message/queue-message";
import type { MessageQueue } from "../../../core/queue/message-queue";
import type { Secret } from "../../../core/vault-secret";
import { TestConversations } from "./conversations";
import { MemoryTable } from "./memory-table";
import { fixedSecret } from "./secrets";

/** The parts round a turn handler, where a test has its own. */
export interface TurnWorld {
  enqueue?(message: QueueMessage): Promise<void>;
  deliver?(event: ReceivedEvent): Promise<void>;
  conversations?: TestConversations;
  dialogs?: Dialogs;
  references?: MemoryTable;
  webhook?: Secret;
}

/** The turn handler of one instance of the bot. */
export function testTurnHandler(world: TurnWorld): TurnHandler {
  const { conversations = new TestConversations(), references = new MemoryTable(), dialogs = noDialogs } = world;
  const queue = {
    name: "bot-queue",
    enqueue: async (message: QueueMessage) => {
      formatMessage(message);
      await world.enqueue?.(message);
    },
  } as MessageQueue;
  return new TurnHandler({
    conversations,
    dialogs,
    userQueue: new UserQueue(queue, dialogs),
    delivery: { deliver: (event: ReceivedEvent) => world.deliver?.(event) } as ProactiveDelivery,
    turns: new ConversationTurns(),
    webhook: world.webhook ?? fixedSecret("whsec_"),
    references: new References(references),
    optOuts: new OptOuts(references),
  });
}

let activities = 0;

/** The turn of a user's message, or of another activity. Each text that the bot says goes to `said`. */
export function turnOf(said: string[], fields: object): TurnContext {
  const activity = {
    type: "message",
    id: `${++activities}`,
    channelId: "directline",
    serviceUrl: "https://directline.botframework.com/",
    conversation: { id: "c" },
    from: { id: "user", name: "User" },
    recipient: { id: "bot" },
    ...fields,
  } as Partial<Activity>;
  const sendActivity = async (message: string | Partial<Activity>) =>
    void said.push(typeof message === "string" ? message : (message.text ?? ""));
  return { activity, sendActivity } as unknown as TurnContext;
}
