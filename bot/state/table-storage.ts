import { randomUUID } from "node:crypto";
import type { Storage, StoreItem, StoreItems } from "botbuilder";
import { fromChunks } from "../../core/tables/entity";
import { isConflict, isTooLarge, type Table, unlessMissing } from "../../core/tables/table";
import { addressOf, ItemTooLargeError, toEntity } from "./entity";

/** The eTag of an item that must not be there yet. (botbuilder's interface can only say "whatever is there": `*`, or none.) */
export const absent = "(absent)";

/** Somebody else changed the item since it was read. */
export class StateConflictError extends Error {
  override readonly name = "StateConflictError";

  constructor(key: string) {
    super(`The state "${key}" was changed by another turn: eTag conflict.`); // as botbuilder's own storages call it
  }
}

/** botbuilder's storage in a table. */
export class TableStorage implements Storage {
  constructor(private readonly table: Table) {}

  /** What is there of these items, each with its eTag. @throws TableUnreachableError */
  async read(keys: string[]): Promise<StoreItems> {
    const unique = [...new Set(keys ?? [])];
    const items = await Promise.all(unique.map(async (key) => [key, await this.get(key)] as const));
    return Object.fromEntries(items.filter(([, item]) => item));
  }

  /**
   * An item without eTag, or with `*`, is written whatever is there; any other eTag must be the one of what is there.
   * @throws StateConflictError, ItemTooLargeError, TableUnreachableError; other items of the same call may have been written
   */
  async write(changes: StoreItems): Promise<void> {
    const entries = Object.entries(changes ?? {}) as [string, StoreItem][];
    const outcomes = await Promise.allSettled(entries.map(([key, item]) => this.put(key, item)));
    for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
  }

  /** Items that are not there need no deletion. @throws TableUnreachableError */
  async delete(keys: string[]): Promise<void> {
    await Promise.all(
      [...new Set(keys ?? [])].map(async (key) => {
        const { partitionKey, rowKey } = addressOf(key);
        const remove = this.table.request((client, options) => client.deleteEntity(partitionKey, rowKey, options));
        await remove.catch(unlessMissing);
      }),
    );
  }

  private async get(key: string): Promise<StoreItem | undefined> {
    const entity = await this.entity(key);
    return entity && { ...fromChunks(entity), eTag: entity.etag };
  }

  private entity(key: string) {
    const { partitionKey, rowKey } = addressOf(key);
    const get = this.table.request((client, options) => client.getEntity(partitionKey, rowKey, options));
    return get.catch(unlessMissing);
  }

  private async put(key: string, { eTag, ...item }: StoreItem): Promise<void> {
    const entity = { ...toEntity(key, item), write: randomUUID() };
    try {
      await this.send(entity, eTag);
    } catch (error) {
      if (isTooLarge(error)) throw new ItemTooLargeError(key, item);
      if (!isConflict(error)) throw error;
      // The first try may have succeeded, and only its answer was lost: then this is no conflict but our own write.
      if ((await this.entity(key))?.write !== entity.write) throw new StateConflictError(key);
    }
  }

  private send(entity: ReturnType<typeof toEntity>, etag: string | undefined): Promise<unknown> {
    return this.table.request((client, options) => {
      if (!etag || etag === "*") return client.upsertEntity(entity, "Replace", options);
      if (etag === absent) return client.createEntity(entity, options);
      return client.updateEntity(entity, "Replace", { ...options, etag });
    });
  }
}
