import { ManagedIdentityCredential } from "@azure/identity";
import type { AppSettings } from "./app-settings";
import { Refusal } from "./refusal";

export type StorageService = "blob" | "queue";

/** The settings behind a `connection: "X"`, for one service: `X__<service>ServiceUri`, `X__credential`, `X__clientId`. */
export interface StorageConnection {
  serviceUri: string;
  /** Absent: the system-assigned identity. */
  clientId: string | undefined;
}

/** Finds a connection as WebJobs does: `AzureWebJobsX` before `X`. Only keyless ones are accepted. */
export function resolveStorageConnection(
  connection: string,
  service: StorageService,
  settings: AppSettings,
): StorageConnection {
  const candidates = candidateNames(connection);
  for (const name of candidates) {
    if (settings.get(name) !== undefined) {
      throw new Refusal(
        `The app setting '${name}' is a connection string: this stack is keyless; use '${name}__${service}ServiceUri' with '${name}__credential' = managedidentity.`,
      );
    }
    if (settings.startingWith(`${name}__`).length > 0) return readSection(name, service, settings);
  }
  const looked = candidates.map((name) => `'${name}__${service}ServiceUri'`).join(" and ");
  throw new Refusal(`The connection '${connection}' cannot be resolved: looked for the app settings ${looked}.`);
}

/** Asks the managed-identity endpoint for tokens: few and quick tries, since who polls must be able to say what is wrong. */
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
    const account = settings.get(`${name}__accountName`)
      ? ` ('${name}__accountName' works with Azure's own DNS only)`
      : "";
    throw new Refusal(
      `The app setting '${name}__${service}ServiceUri' is missing: set it to the ${service} endpoint of the storage account${account}.`,
    );
  }
  if (!URL.canParse(serviceUri) || new URL(serviceUri).protocol !== "https:") {
    throw new Refusal(
      `The app setting '${name}__${service}ServiceUri' is '${serviceUri}': it must be an https URL, as tokens are sent to it.`,
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
