import type { TokenCredential } from "@azure/identity";
import type { ConversationReference } from "../../core/message/conversation-reference";

/** A stack that is up, and how its operator reaches it. */
export interface Stack {
  /** Its name for people: `dev`, `local`. */
  name: string;
  /** The options that the next command needs to reach it, such as `--stack dev`; "" when it needs none. */
  options: string;
  /** Whether it runs on this machine, where the internet cannot reach it. */
  isLocal: boolean;
  /** The outputs of its Pulumi program. */
  outputs: Record<string, unknown>;
  /** `https://<account>.queue.core.windows.net/<queue>` */
  queueUrl: string;
  /** `https://<account>.table.core.windows.net/` */
  tableServiceUrl: string;
  /** How many messages a second the function brings to the bot. */
  sendsPerSecond: number;
  credential: TokenCredential;
  /** PEM of the authority that signed the stack's certificates; absent: one that Node trusts. */
  tls?: { ca: string };
  /** Has to succeed before `credential` is used; absent: nothing to do. @throws CommandError that says how to log in */
  logIn?(): Promise<unknown>;
  /** A reference to a conversation that the table `references` does not have yet; absent: the stack cannot make one. */
  referenceTo?(conversationId: string): ConversationReference;
}
