import { MessageQueue, type QueueMessage } from "../message";
import { operatorCredential } from "./operator-credential";
import type { StackDescription } from "./stack-description";

export interface Words {
  conversation: string;
  text: string;
}

/** Puts a message on a running stack's queue, as its operator. @throws InvalidMessage, QueueMissing */
export async function sendMessage(stack: StackDescription, words: Words | QueueMessage): Promise<void> {
  const queue = new MessageQueue(String(stack.outputs.queueUrl), operatorCredential(stack));
  await queue.enqueue("relatesTo" in words ? (words as QueueMessage) : addressed(stack, words as Words));
}

/** A message to a Direct Line conversation that is known by its id alone. */
function addressed({ outputs, local }: StackDescription, { conversation, text }: Words): QueueMessage {
  return {
    relatesTo: {
      channelId: "directline",
      serviceUrl: local.directLine.serviceUrl,
      conversation: { id: conversation },
      bot: { id: String(outputs.botName) },
    },
    text,
  };
}
