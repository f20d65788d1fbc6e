import { setTimeout as sleep } from "node:timers/promises";
import type { Storage } from "botbuilder";
import { absent, StateConflictError } from "./table-storage";

/** How often a change is tried when others keep changing the same item. */
const tries = 5;

/** Others changed the item faster than this turn could. */
export class StateContestedError extends Error {
  override readonly name = "StateContestedError";

  constructor(key: string) {
    super(`The state "${key}" was changed by others ${tries} times in a row; this turn gave up.`);
  }
}

export interface Change<T> {
  /** What the work returned. */
  result: T;
  /** Puts back what was there, unless somebody has changed it since. */
  undo(): Promise<void>;
}

/**
 * Items that many turns change, also in other instances of this app, each as if it were alone. botbuilder's own BotState
 * overwrites whatever is there, so that of two turns at once one would be forgotten.
 */
export class ItemStore<Item extends object> {
  constructor(private readonly storage: Storage) {}

  /**
   * Lets `work` change an item, which is empty at first, and stores it when it did. Who loses a race works again on what
   * the winner left: `work` must do nothing that cannot be done twice.
   * @throws StateContestedError, or what the storage or the work threw; then nothing is stored
   */
  async change<T>(key: string, work: (item: Item) => Promise<T>): Promise<Change<T>> {
    for (let i = 0; i < tries; i++) {
      try {
        return await this.tryChange(key, work);
      } catch (error) {
        if (!(error instanceof StateConflictError)) throw error;
        await sleep(Math.random() * 20 * 2 ** i);
      }
    }
    throw new StateContestedError(key);
  }

  private async tryChange<T>(key: string, work: (item: Item) => Promise<T>): Promise<Change<T>> {
    const { eTag = absent, ...before } = await this.read(key);
    const item = structuredClone(before) as Item;
    const result = await work(item);
    if (isSame(item, before)) return { result, undo: async () => {} };
    await this.storage.write({ [key]: { ...item, eTag } });
    return { result, undo: () => this.replace(key, item, before) };
  }

  private async replace(key: string, written: object, before: object): Promise<void> {
    const { eTag, ...now } = await this.read(key);
    if (!isSame(now, written)) return;
    await this.storage.write({ [key]: { ...before, eTag } }).catch((error) => {
      if (!(error instanceof StateConflictError)) throw error;
    });
  }

  private async read(key: string): Promise<{ eTag?: string }> {
    return (await this.storage.read([key]))[key] ?? {};
  }
}

function isSame(one: object, other: object): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
