export { type ConversationReference, conversationReference } from "./conversation-reference";
export { InvalidMessage } from "./invalid-message";
export { MessageQueue, QueueMissing } from "./message-queue";
export { formatMessage, maxMessageBytes, parseMessage, type QueueMessage, toJson } from "./queue-message";
export { poisonSuffix } from "./queue-names";
export { Readiness } from "./readiness";
export { parseRetryAfter } from "./retry-delay";
export { eventName, ForgedEvent, openEvent, type SignedEvent, signEvent } from "./signed-event";
