import type { TableClient, TableEntityResult } from "@azure/data-tables";
import { Table, type TableRequest } from "../../../message";

type Entity = Record<string, unknown> & { partitionKey: string; rowKey: string; etag: string };

/** A table that ends with the test, and answers as Azure's does. */
export class MemoryTable extends Table {
  /** What every request ends with while this is set. */
  failure?: Error;
  private readonly entities = new Map<string, Entity>();
  private writes = 0;

  constructor() {
    super("https://example.com/", "memory", { getToken: async () => null });
  }

  override async request<T>(send: (client: TableClient, options: TableRequest) => Promise<T>): Promise<T> {
    if (this.failure) throw this.failure;
    return send(this as unknown as TableClient, { abortSignal: new AbortController().signal });
  }

  /** All that is there, without what makes it an entity. */
  get rows(): Record<string, unknown>[] {
    return [...this.entities.values()].map(({ partitionKey, rowKey, etag, ...row }) => row);
  }

  clear(): void {
    this.entities.clear();
  }

  async getEntity(partitionKey: string, rowKey: string): Promise<Entity> {
    const entity = this.entities.get(`${partitionKey}/${rowKey}`);
    if (!entity) throw failure(404, "ResourceNotFound");
    return { ...entity };
  }

  async createEntity(entity: Entity): Promise<void> {
    if (this.entities.has(keyOf(entity))) throw failure(409, "EntityAlreadyExists");
    this.put(entity);
  }

  async updateEntity(entity: Entity, mode: string, { etag = "*" } = {}): Promise<void> {
    const { partitionKey, rowKey } = entity;
    const current = await this.getEntity(partitionKey, rowKey);
    if (etag !== "*" && current.etag !== etag) throw failure(412, "UpdateConditionNotSatisfied");
    await this.upsertEntity(entity, mode);
  }

  async upsertEntity(entity: Entity, mode: string): Promise<void> {
    this.put(mode === "Merge" ? { ...this.entities.get(keyOf(entity)), ...defined(entity) } : entity);
  }

  async deleteEntity(partitionKey: string, rowKey: string, { etag = "*" } = {}): Promise<void> {
    const { etag: current } = await this.getEntity(partitionKey, rowKey);
    if (etag !== "*" && etag !== current) throw failure(412, "UpdateConditionNotSatisfied");
    this.entities.delete(`${partitionKey}/${rowKey}`);
  }

  override async *list<T extends object>({ filter = "" } = {}): AsyncGenerator<TableEntityResult<T>> {
    if (this.failure) throw this.failure;
    const wanted = filter ? filter.split(" and ").map(condition) : [];
    const rows = [...this.entities.values()].filter((row) => wanted.every(([name, value]) => row[name] === value));
    yield* structuredClone(rows) as unknown as TableEntityResult<T>[];
  }

  private put(entity: Entity): void {
    this.entities.set(keyOf(entity), { ...defined(entity), etag: String(++this.writes) });
  }
}

/** `userId eq 'it''s'` */
function condition(text: string): [name: string, value: string] {
  const [, name = "", value = ""] = /^(\w+) eq '(.*)'$/.exec(text) ?? [];
  if (!name) throw new Error(`this table does not understand the condition ${text}`);
  return [name === "PartitionKey" ? "partitionKey" : name, value.replaceAll("''", "'")];
}

/** The SDK leaves out what is undefined. */
function defined(entity: Entity): Entity {
  return Object.fromEntries(Object.entries(entity).filter(([, value]) => value !== undefined)) as Entity;
}

function keyOf({ partitionKey, rowKey }: Entity): string {
  return `${partitionKey}/${rowKey}`;
}

function failure(statusCode: number, code: string): Error {
  return Object.assign(new Error(code), { statusCode, details: { odataError: { code } } });
}
