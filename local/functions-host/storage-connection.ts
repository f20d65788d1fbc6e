import { ManagedIdentityCredential } from "@azure/identity";
import type { AppSettings } from "./app-settings";
import { StartupError } from "./startup-error";

export type StorageService = "blob" | "queue";

/** The settings of a `connection: "X"` for one service: `X__<service>ServiceUri`, `X__credential`, `X__clientId`. */
export interface StorageConnection {
  serviceUri: string;
  /** Absent: the system-assigned identity. */
  clientId: string | undefined;
}

/** Resolves a connection as WebJobs does: `AzureWebJobsX` before `X`. @throws StartupError for a missing connection or one with a key */
export function resolveStorageConnection(
  connection: string,
  service: StorageService,
  settings: AppSettings,
): StorageConnection {
  const candidates = candidateNames(connection);
  for (const name of candidates) {
    if (settings.get(name) !== undefined) {
      throw new StartupError(
        `The app setting '${name}' is a connection string, but this stack uses no keys. Use '${name}__${service}ServiceUri' with '${name}__credential' = managedidentity.`,
      );
    }
    if (settings.startingWith(`${name}__`).length > 0) return readSection(name, service, settings);
  }
  const looked = candidates.map((name) => `'${name}__${service}ServiceUri'`).join(" and ");
  throw new StartupError(
    `The connection '${connection}' cannot be resolved. The host looked for the app settings ${looked}.`,
  );
}

/** Gets tokens from the managed-identity endpoint. Few and short retries, so that a listener logs an error soon. */
export function credentialOf({ clientId }: StorageConnection): ManagedIdentityCredential {
  const retryOptions = { maxRetries: 1, retryDelayInMs: 200 };
  return new ManagedIdentityCredential(clientId ? { clientId, retryOptions } : { retryOptions });
}

function candidateNames(connection: string): string[] {
  return connection.toLowerCase().startsWith("azurewebjobs") ? [connection] : [`AzureWebJobs${connection}`, connection];
}

function readSection(name: string, service: StorageService, settings: AppSettings): StorageConnection {
  const serviceUri = settings.get(`${name}__${service}ServiceUri`);
  if (!serviceUri) {
    const account = settings.get(`${name}__accountName`) ? ` ('${name}__accountName' works only with Azure's DNS)` : "";
    throw new StartupError(
      `The app setting '${name}__${service}ServiceUri' is missing. Set it to the ${service} endpoint of the storage account${account}.`,
    );
  }
  if (!URL.canParse(serviceUri) || new URL(serviceUri).protocol !== "https:") {
    throw new StartupError(
      `The app setting '${name}__${service}ServiceUri' is '${serviceUri}'. It must be an https URL, because tokens are sent to it.`,
    );
  }
  if (settings.get(`${name}__credential`)?.toLowerCase() !== "managedidentity") {
    throw new StartupError(
      `The app setting '${name}__credential' is '${settings.get(`${name}__credential`) ?? ""}'. Set it to 'managedidentity'.`,
    );
  }
  for (const variable of ["IDENTITY_ENDPOINT", "IDENTITY_HEADER"]) {
    if (settings.get(variable)) continue;
    throw new StartupError(
      `The platform variable ${variable} is missing, so '${name}__credential' = managedidentity cannot work. Assign an identity to the app.`,
    );
  }
  return { serviceUri: serviceUri.replace(/\/+$/, ""), clientId: settings.get(`${name}__clientId`) };
}
