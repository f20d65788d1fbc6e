import type { ConversationReference } from "../../core/message/conversation-reference";
import type { LocalDescription } from "./local-description";

/** Where to speak in a local stack's Direct Line conversation that is known by its id alone. */
export function directLineReference({ outputs, local }: LocalDescription, id: string): ConversationReference {
  return {
    channelId: "directline",
    serviceUrl: local.directLine.serviceUrl,
    conversation: { id },
    bot: { id: String(outputs.botName) },
  };
}
