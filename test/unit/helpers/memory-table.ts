import type { TableClient, TableEntityResult } from "@azure/data-tables";
import { copyPrefix } from "../../../core/tables/stored-reference";
import { Table, type TableRequest } from "../../../core/tables/table";

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

  /** All that is there, without what makes it an entity, and without copies by which others are found. */
  get rows(): Record<string, unknown>[] {
    return this.entitiesThat((isCopy) => !isCopy);
  }

  /** The copies alone. */
  get copies(): Record<string, unknown>[] {
    return this.entitiesThat((isCopy) => isCopy);
  }

  private entitiesThat(fit: (isCopy: boolean) => boolean): Record<string, unknown>[] {
    const chosen = [...this.entities.values()].filter((entity) => fit(entity.partitionKey.startsWith(copyPrefix)));
    return chosen.map(({ partitionKey, rowKey, etag, ...row }) => row);
  }

  /** Takes a column away from every row. */
  forget(column: string): void {
    for (const entity of this.entities.values()) delete entity[column];
  }

  clear(): void {
    this.entities.clear();
  }

  async getEntity(partitionKey: string, rowKey: string): Promise<Entity> {
    return { ...this.existing(partitionKey, rowKey) };
  }

  async createEntity(entity: Entity): Promise<void> {
    if (this.entities.has(keyOf(entity))) throw failure(409, "EntityAlreadyExists");
    this.put(entity);
  }

  async updateEntity(entity: Entity, mode: string, { etag = "*" } = {}): Promise<void> {
    const { partitionKey, rowKey } = entity;
    const current = this.existing(partitionKey, rowKey);
    if (etag !== "*" && current.etag !== etag) throw failure(412, "UpdateConditionNotSatisfied");
    await this.upsertEntity(entity, mode);
  }

  async upsertEntity(entity: Entity, mode: string): Promise<void> {
    this.put(mode === "Merge" ? { ...this.entities.get(keyOf(entity)), ...defined(entity) } : entity);
  }

  async deleteEntity(partitionKey: string, rowKey: string, { etag = "*" } = {}): Promise<void> {
    const { etag: current } = this.existing(partitionKey, rowKey);
    if (etag !== "*" && etag !== current) throw failure(412, "UpdateConditionNotSatisfied");
    this.entities.delete(`${partitionKey}/${rowKey}`);
  }

  override async *list<T extends object>({ filter = "" } = {}): AsyncGenerator<TableEntityResult<T>> {
    if (this.failure) throw this.failure;
    const rows = [...this.entities.values()].filter(matching(filter));
    yield* structuredClone(rows) as unknown as TableEntityResult<T>[];
  }

  /** Waits for nothing, so that a check and its write are one step. */
  private existing(partitionKey: string, rowKey: string): Entity {
    const entity = this.entities.get(`${partitionKey}/${rowKey}`);
    if (!entity) throw failure(404, "ResourceNotFound");
    return entity;
  }

  private put(entity: Entity): void {
    this.entities.set(keyOf(entity), { ...defined(entity), etag: String(++this.writes) });
  }
}

const operators: Record<string, string> = { eq: "===", ge: ">=", lt: "<", and: "&&", or: "||", "(": "(", ")": ")" };

/** What an OData filter on texts lets through. */
function matching(filter: string): (row: Entity) => boolean {
  const tokens = filter.match(/'(?:[^']|'')*'|[()]|[^\s()']+/g) ?? ["true"];
  const condition = tokens.map((token) => {
    if (token.startsWith("'")) return JSON.stringify(token.slice(1, -1).replaceAll("''", "'"));
    if (token === "true") return token;
    return operators[token] ?? `row[${JSON.stringify(token === "PartitionKey" ? "partitionKey" : token)}]`;
  });
  return new Function("row", `return ${condition.join(" ")}`) as (row: Entity) => boolean;
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
