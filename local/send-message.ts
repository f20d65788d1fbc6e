import type { Connection } from "../cli/stack/connection";
import type { QueueMessage } from "../core/message/queue-message";
import { MessageQueue } from "../core/queue/message-queue";
import { operatorCredential } from "./operator-credential";
import type { StackDescription } from "./stack-description";

export interface Words {
  conversation: string;
  text: string;
}

/** Puts a message on a running stack's queue, as its operator. @throws InvalidMessageError, QueueMissingError */
export async function sendMessage(stack: StackDescription, words: Words | QueueMessage): Promise<void> {
  const queue = new MessageQueue(String(stack.outputs.queueUrl), operatorCredential(stack));
  await queue.enqueue("conversation" in words ? addressed(stack, words as Words) : (words as QueueMessage));
}

function addressed(stack: StackDescription, { conversation, text }: Words): QueueMessage {
  return { relatesTo: { ...directLineReference(stack), conversation: { id: conversation } }, text };
}

/** A reference to a Direct Line conversation of the stack, without its id. */
export function directLineReference({ outputs, local }: StackDescription): Connection["reference"] {
  return { channelId: "directline", serviceUrl: local.directLine.serviceUrl, bot: { id: String(outputs.botName) } };
}
