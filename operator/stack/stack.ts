import type { TokenCredential } from "@azure/identity";
import type { ConversationReference } from "../../message";

/** A stack that is up, and how its operator reaches it. */
export interface Stack {
  /** What people call it: `dev`, `local`. */
  name: string;
  /** What has to be said again to reach it with the next command, such as `--stack dev`; "" where it needs nothing. */
  options: string;
  /** `https://<account>.queue.core.windows.net/<queue>` */
  queueUrl: string;
  /** `https://<account>.table.core.windows.net/` */
  tableServiceUrl: string;
  /** How many messages a second the function brings to the bot. */
  sendsPerSecond: number;
  credential: TokenCredential;
  /** Where to speak in a conversation of which the stack knows nothing yet; absent: that cannot be known. */
  unheardOf?(conversationId: string): ConversationReference;
}
