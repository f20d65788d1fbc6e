import { ManagedIdentityCredential } from "@azure/identity";
import { MessageQueue, type QueueMessage } from "../message";
import type { StackDescription } from "./stack-description";

export interface Words {
  conversation: string;
  text: string;
}

/** Puts a message on a running stack's queue, as its operator. @throws InvalidMessage, QueueMissing */
export async function sendMessage(stack: StackDescription, words: Words | QueueMessage): Promise<void> {
  const { endpoint, header, operatorClientId } = stack.local.identity;
  process.env.NO_PROXY = [process.env.NO_PROXY, "127.0.0.1"].filter(Boolean).join(","); // Azure's SDK would use one even here
  process.env.IDENTITY_ENDPOINT = endpoint; // the only way to tell @azure/identity
  process.env.IDENTITY_HEADER = header;
  const queue = new MessageQueue(
    String(stack.outputs.queueUrl),
    new ManagedIdentityCredential({ clientId: operatorClientId }),
  );
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
