import { ManagedIdentityCredential } from "@azure/identity";
import { QueueServiceClient } from "@azure/storage-queue";
import type { AppSettings } from "./app-settings";
import { Refusal } from "./refusal";

/** The settings behind a trigger's `connection: "X"`: `X__queueServiceUri`, `X__credential`, `X__clientId`. */
export interface QueueConnection {
  serviceUri: string;
  /** Absent: the system-assigned identity. */
  clientId: string | undefined;
}

/** Finds a connection as WebJobs does: `AzureWebJobsX` before `X`. Only keyless ones are accepted. */
export function resolveQueueConnection(connection: string, settings: AppSettings): QueueConnection {
  const candidates = candidateNames(connection);
  for (const name of candidates) {
    if (settings.get(name) !== undefined) {
      throw new Refusal(
        `The app setting '${name}' is a connection string: this stack is keyless; use '${name}__queueServiceUri' with '${name}__credential' = managedidentity.`,
      );
    }
    if (settings.startingWith(`${name}__`).length > 0) return readSection(name, settings);
  }
  const looked = candidates.map((name) => `'${name}__queueServiceUri'`).join(" and ");
  throw new Refusal(`The connection '${connection}' cannot be resolved: looked for the app settings ${looked}.`);
}

/** A client that asks the managed-identity endpoint for its tokens. */
export function connectToQueues(connection: QueueConnection): QueueServiceClient {
  const { serviceUri, clientId } = connection;
  // Few and quick tries: the poller has its own back-off and must be able to say what is wrong.
  const retryOptions = { maxRetries: 1, retryDelayInMs: 200 };
  const credential = new ManagedIdentityCredential(clientId ? { clientId, retryOptions } : { retryOptions });
  return new QueueServiceClient(serviceUri, credential, {
    retryOptions: { maxTries: 2, retryDelayInMs: 200, maxRetryDelayInMs: 500 },
  });
}

function candidateNames(connection: string): string[] {
  return connection.toLowerCase().startsWith("azurewebjobs") ? [connection] : [`AzureWebJobs${connection}`, connection];
}

function readSection(name: string, settings: AppSettings): QueueConnection {
  const serviceUri = settings.get(`${name}__queueServiceUri`);
  if (!serviceUri) {
    const account = settings.get(`${name}__accountName`)
      ? ` ('${name}__accountName' works with Azure's own DNS only)`
      : "";
    throw new Refusal(
      `The app setting '${name}__queueServiceUri' is missing: set it to the queue endpoint of the storage account${account}.`,
    );
  }
  if (!URL.canParse(serviceUri) || new URL(serviceUri).protocol !== "https:") {
    throw new Refusal(
      `The app setting '${name}__queueServiceUri' is '${serviceUri}': it must be an https URL, as tokens are sent to it.`,
    );
  }
  if (settings.get(`${name}__credential`)?.toLowerCase() !== "managedidentity") {
    throw new Refusal(
      `The app setting '${name}__credential' is '${settings.get(`${name}__credential`) ?? ""}': set it to 'managedidentity'.`,
    );
  }
  for (const variable of ["IDENTITY_ENDPOINT", "IDENTITY_HEADER"]) {
    if (settings.get(variable)) continue;
    throw new Refusal(
      `The platform variable ${variable} is missing, so '${name}__credential' = managedidentity cannot work: give the app an identity.`,
    );
  }
  return { serviceUri: serviceUri.replace(/\/+$/, ""), clientId: settings.get(`${name}__clientId`) };
}
