import { BlobServiceClient, type ContainerClient } from "@azure/storage-blob";
import { type ScheduleStatus, statusFromJson, statusToJson } from "./schedule-status";
import { credentialOf, type StorageConnection } from "./storage-connection";
import { isNotFound } from "./storage-problem";

/** The container in which the real host stores its state. */
const containerName = "azure-webjobs-hosts";

/** Milliseconds for a request with its retries. */
const requestLimit = 10_000;

/** Stores the status of timers, so that a restarted host finds missed runs. */
export interface ScheduleMonitor {
  /** Undefined for a new timer. */
  read(timer: string): Promise<ScheduleStatus | undefined>;
  write(timer: string, status: ScheduleStatus): Promise<void>;
}

/** Stores each timer's status in the blob `timers/<host id>/<timer>/status`, as StorageScheduleMonitor does. */
export class BlobScheduleMonitor implements ScheduleMonitor {
  private readonly container: ContainerClient;

  constructor(
    connection: StorageConnection,
    private readonly hostId: string,
  ) {
    const retryOptions = { maxTries: 2, retryDelayInMs: 200, maxRetryDelayInMs: 500 };
    const service = new BlobServiceClient(connection.serviceUri, credentialOf(connection), { retryOptions });
    this.container = service.getContainerClient(containerName);
  }

  async read(timer: string): Promise<ScheduleStatus | undefined> {
    try {
      return statusFromJson((await this.blob(timer).downloadToBuffer(0, undefined, limited())).toString());
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async write(timer: string, status: ScheduleStatus): Promise<void> {
    const json = JSON.stringify(statusToJson(status));
    try {
      await this.upload(timer, json);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      await this.container.createIfNotExists(limited());
      await this.upload(timer, json);
    }
  }

  private async upload(timer: string, json: string): Promise<void> {
    await this.blob(timer).upload(json, Buffer.byteLength(json), limited());
  }

  private blob(timer: string) {
    return this.container.getBlockBlobClient(`timers/${this.hostId}/${timer}/status`);
  }
}

/** The id of the real host in App Service, which it derives from the site's name. Source: ScriptHostIdProvider. */
export function hostIdOf(siteName: string): string {
  return siteName.slice(0, 32).toLowerCase().replace(/-+$/, "");
}

function limited() {
  return { abortSignal: AbortSignal.timeout(requestLimit) };
}
