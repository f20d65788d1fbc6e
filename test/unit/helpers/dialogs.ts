import { MemoryStorage, type Storage } from "botbuilder";
import { ConversationDialogs } from "../../../bot/dialogs/engine/conversation-dialogs";
import { rootDialogs } from "../../../bot/dialogs/index";
import { ItemStore } from "../../../bot/state/item-store";

/** The bot's dialogs, with a state that ends with the test. */
export function testDialogs(storage: Storage = new MemoryStorage()): ConversationDialogs {
  return new ConversationDialogs(new ItemStore(storage), rootDialogs);
}
