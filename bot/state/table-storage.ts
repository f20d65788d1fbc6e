import { randomUUID } from "node:crypto";
import { TableClient } from "@azure/data-tables";
import type { TokenCredential } from "@azure/identity";
import type { Storage, StoreItem, StoreItems } from "botbuilder";
import { stateTable } from "../../message";
import { TableUnreachable, tableErrorCode } from "../table-unreachable";
import { within } from "../within";
import { addressOf, fromEntity, ItemTooLarge, toEntity } from "./entity";

/** The eTag of an item that must not be there yet. (botbuilder's interface can only say "whatever is there": `*`, or none.) */
export const absent = "(absent)";

/** Milliseconds for a request with its tries: a turn makes two, and its channel waits 15 s. */
const requestLimit = 4_000;

/** Somebody else changed the item since it was read. */
export class StateConflict extends Error {
  override readonly name = "StateConflict";

  constructor(key: string) {
    super(`The state "${key}" was changed by another turn: eTag conflict.`); // as botbuilder's own storages call it
  }
}

/** botbuilder's storage in Azure Table storage, reached with a managed identity. The Pulumi program makes the table. */
export class TableStorage implements Storage {
  private readonly client: TableClient;

  /** @param url `https://<account>.table.core.windows.net/` */
  constructor(url: string, credential: TokenCredential, table = stateTable) {
    const retryOptions = { maxRetries: 1, retryDelayInMs: 200 };
    this.client = new TableClient(url, table, credential, { retryOptions });
  }

  /** What is there of these items, each with its eTag. @throws TableUnreachable */
  async read(keys: string[]): Promise<StoreItems> {
    const unique = [...new Set(keys ?? [])];
    const items = await Promise.all(unique.map(async (key) => [key, await this.get(key)] as const));
    return Object.fromEntries(items.filter(([, item]) => item));
  }

  /**
   * An item without eTag, or with `*`, is written whatever is there; any other eTag must be the one of what is there.
   * @throws StateConflict, ItemTooLarge, TableUnreachable; other items of the same call may have been written
   */
  async write(changes: StoreItems): Promise<void> {
    const entries = Object.entries(changes ?? {}) as [string, StoreItem][];
    const outcomes = await Promise.allSettled(entries.map(([key, item]) => this.put(key, item)));
    for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
  }

  /** Items that are not there need no deletion. @throws TableUnreachable */
  async delete(keys: string[]): Promise<void> {
    await Promise.all(
      [...new Set(keys ?? [])].map(async (key) => {
        const { partitionKey, rowKey } = addressOf(key);
        await this.request((options) => this.client.deleteEntity(partitionKey, rowKey, options)).catch(unlessMissing);
      }),
    );
  }

  private async get(key: string): Promise<StoreItem | undefined> {
    const entity = await this.entity(key);
    return entity && { ...fromEntity(entity), eTag: entity.etag };
  }

  private entity(key: string) {
    const { partitionKey, rowKey } = addressOf(key);
    const get = (options: RequestOptions) => this.client.getEntity(partitionKey, rowKey, options);
    return this.request(get).catch(unlessMissing);
  }

  private async put(key: string, { eTag, ...item }: StoreItem): Promise<void> {
    const entity = { ...toEntity(key, item), write: randomUUID() };
    try {
      await this.request((options) => this.send(entity, eTag, options));
    } catch (error) {
      if (isTooLarge(error)) throw new ItemTooLarge(key, item);
      if (!isConflict(error)) throw error;
      // The first try may have succeeded, and only its answer was lost: then this is no conflict but our own write.
      if ((await this.entity(key))?.write !== entity.write) throw new StateConflict(key);
    }
  }

  private send(entity: ReturnType<typeof toEntity>, etag: string | undefined, options: RequestOptions) {
    if (!etag || etag === "*") return this.client.upsertEntity(entity, "Replace", options);
    if (etag === absent) return this.client.createEntity(entity, options);
    return this.client.updateEntity(entity, "Replace", { ...options, etag });
  }

  /** @throws TableUnreachable, or what the SDK threw when the service's answer is about the item */
  private async request<T>(send: (options: RequestOptions) => Promise<T>): Promise<T> {
    const { tableName } = this.client;
    const end = new AbortController(); // which an identity's client does not look at, hence `within`
    try {
      return await within(requestLimit, "a request", send({ abortSignal: end.signal }));
    } catch (error) {
      if (isConflict(error) || isTooLarge(error)) throw error;
      throw TableUnreachable.because(tableName, error);
    } finally {
      end.abort();
    }
  }
}

interface RequestOptions {
  abortSignal: AbortSignal;
}

function isMissing(error: unknown): boolean {
  return tableErrorCode(error) === "ResourceNotFound";
}

function unlessMissing(error: unknown): undefined {
  if (!isMissing(error)) throw error;
}

/** The entity is another one by now, is there already, or is not there. */
function isConflict(error: unknown): boolean {
  const preconditionFailed = (error as { statusCode?: number }).statusCode === 412;
  return preconditionFailed || ["EntityAlreadyExists", "ResourceNotFound"].includes(tableErrorCode(error) ?? "");
}

function isTooLarge(error: unknown): boolean {
  return ["EntityTooLarge", "RequestBodyTooLarge"].includes(tableErrorCode(error) ?? "");
}
