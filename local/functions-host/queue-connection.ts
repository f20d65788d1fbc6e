import { QueueServiceClient } from "@azure/storage-queue";
import { withExactText } from "../../core/queue/queue-text";
import type { AppSettings } from "./app-settings";
import { credentialOf, resolveStorageConnection, type StorageConnection } from "./storage-connection";

/** The settings of a queue trigger's `connection`. @throws StartupError */
export function resolveQueueConnection(connection: string, settings: AppSettings): StorageConnection {
  return resolveStorageConnection(connection, "queue", settings);
}

/** A client with tokens from the managed-identity endpoint. */
export function connectToQueues(connection: StorageConnection): QueueServiceClient {
  // Few and short retries: the listener has its own back-off and must log the error soon.
  const retryOptions = { maxTries: 2, retryDelayInMs: 200, maxRetryDelayInMs: 500 };
  return withExactText(new QueueServiceClient(connection.serviceUri, credentialOf(connection), { retryOptions }));
}
