import { MessageQueue, type QueueMessage } from "../message";
import { directLineReference } from "../operator/stack/direct-line-reference";
import { operatorCredential } from "../operator/stack/operator-credential";
import type { StackDescription } from "./stack-description";

export interface Words {
  conversation: string;
  text: string;
}

/** Puts a message on a running stack's queue, as its operator. @throws InvalidMessage, QueueMissing */
export async function sendMessage(stack: StackDescription, words: Words | QueueMessage): Promise<void> {
  const queue = new MessageQueue(String(stack.outputs.queueUrl), operatorCredential(stack));
  await queue.enqueue("conversation" in words ? addressed(stack, words as Words) : (words as QueueMessage));
}

function addressed(stack: StackDescription, { conversation, text }: Words): QueueMessage {
  return { relatesTo: directLineReference(stack, conversation), text };
}
