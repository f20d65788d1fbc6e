import { QueueServiceClient } from "@azure/storage-queue";
import { withExactText } from "../../core/queue/queue-text";
import type { AppSettings } from "./app-settings";
import { credentialOf, resolveStorageConnection, type StorageConnection } from "./storage-connection";

/** The settings behind a queue trigger's `connection`. */
export function resolveQueueConnection(connection: string, settings: AppSettings): StorageConnection {
  return resolveStorageConnection(connection, "queue", settings);
}

/** A client that asks the managed-identity endpoint for its tokens. */
export function connectToQueues(connection: StorageConnection): QueueServiceClient {
  // Few and quick tries: the poller has its own back-off and must be able to say what is wrong.
  const retryOptions = { maxTries: 2, retryDelayInMs: 200, maxRetryDelayInMs: 500 };
  return withExactText(new QueueServiceClient(connection.serviceUri, credentialOf(connection), { retryOptions }));
}
