export { type Addressee, readAddressee } from "./addressee";
export type { Attachment } from "./attachment";
export { Batch } from "./batch";
export { type ConversationReference, conversationReference } from "./conversation-reference";
export {
  type Claim,
  Deliveries,
  type Delivery,
  DeliveryLeased,
  DeliveryPostponed,
  DeliverySettled,
  type Hop,
  isBeingSaid,
  isSettled,
  leaseTime,
} from "./deliveries";
export { DeliveryRecords } from "./delivery-records";
export { type Destination, destinationOf } from "./destination";
export { comesDue } from "./due";
export { fromChunks, toChunks } from "./entity-chunks";
export { entityKey, readableKey } from "./entity-key";
export { InvalidMessage, MessageTooLarge, wholeMessage } from "./invalid-message";
export { MessageQueue, patience, QueueMissing } from "./message-queue";
export { messageSchema } from "./message-schema";
export { addressed, type Notice } from "./notice";
export { Outbox } from "./outbox";
export { type HeldPoison, type PoisonMessage, PoisonQueue } from "./poison-queue";
export {
  formatMessage,
  isCopy,
  maxMessageBytes,
  messageId,
  parseMessage,
  type QueueMessage,
  toJson,
} from "./queue-message";
export { poisonSuffix } from "./queue-names";
export { Readiness } from "./readiness";
export { copyOf, type ReceivedMessage } from "./received-message";
export { parseRetryAfter } from "./retry-delay";
export { type Schedule, schedules } from "./schedule";
export { type Secret, withSecret } from "./secret";
export { directLineSecret, webhookForm, webhookSecret } from "./secret-names";
export { sideBySide } from "./side-by-side";
export {
  eventName,
  ForgedEvent,
  functionUser,
  openEvent,
  type SignedEvent,
  signatureHeaders,
  signEvent,
  verifyEvent,
} from "./signed-event";
export {
  aloneWith,
  audience,
  copiesBegin,
  isGroup,
  isSelfNamed,
  optedOut,
  people,
  personOf,
  relatesTo,
  type StoredReference,
  withoutCopies,
} from "./stored-reference";
export { isConflict, isTooLarge, Table, type TableRequest, unlessChanged, unlessMissing } from "./table";
export { deliveriesTable, referencesTable, stateTable, tableNames } from "./table-names";
export { TableUnreachable } from "./table-unreachable";
export { isBlank } from "./text";
export { type Vault, VaultError, VaultSecret } from "./vault-secret";
export { within } from "./within";
