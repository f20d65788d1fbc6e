import { directLineReference } from "../cli/stack/direct-line-reference";
import { operatorCredential } from "../cli/stack/operator-credential";
import type { QueueMessage } from "../core/message/queue-message";
import { MessageQueue } from "../core/queue/message-queue";
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
  return { relatesTo: directLineReference(stack, conversation), text };
}
