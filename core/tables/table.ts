import { TableClient, type TableEntityQueryOptions, type TableEntityResult } from "@azure/data-tables";
import type { TokenCredential } from "@azure/identity";
import { mapConcurrent, withTimeout } from "../promises";

/** Milliseconds for a request with its retry: a turn makes a few requests, and its channel waits 15 s. */
const requestLimit = 4_000;

/** The number of rows that are removed at the same time. */
const concurrentRemovals = 32;

/** The number of times a change is tried when other changes of the same row come first. */
const changeTries = 10;

/** The two keys of a row. */
export interface RowKey {
  partitionKey: string;
  rowKey: string;
}

/** A row as it was read, with its ETag. */
export type Stored<Row extends object> = TableEntityResult<Row>;

/** The options that each request passes to Azure's SDK. */
export interface TableRequest {
  abortSignal: AbortSignal;
}

export interface ChangeOptions {
  /** `Merge` keeps the properties that are not given, `Replace` removes them. */
  mode?: "Merge" | "Replace";
  /** Saves reading the row first: the first try assumes that it does not exist. */
  assumeNew?: boolean;
}

/** One of the stack's tables, used with a managed identity. The Pulumi program makes it. */
export class Table {
  private readonly client: TableClient;

  /** @param url `https://<account>.table.core.windows.net/` */
  constructor(url: string, name: string, credential: TokenCredential, tlsOptions?: { ca: string }) {
    const retryOptions = { maxRetries: 1, retryDelayInMs: 200 };
    this.client = new TableClient(url, name, credential, { retryOptions, tlsOptions });
  }

  /**
   * Sends a request to the table, with a time limit.
   * @throws TableUnreachableError, or the SDK's error when the service's answer is about the row
   */
  async request<T>(send: (client: TableClient, options: TableRequest) => Promise<T>): Promise<T> {
    const end = new AbortController(); // `withTimeout` too: an identity's client ignores the signal
    try {
      return await withTimeout(requestLimit, "a request", send(this.client, { abortSignal: end.signal }));
    } catch (error) {
      if (isConflict(error) || isTooLarge(error)) throw error;
      throw TableUnreachableError.because(this.client.tableName, error);
    } finally {
      end.abort();
    }
  }

  /** Reads one row; undefined: it does not exist. @throws TableUnreachableError */
  async get<Row extends object>({ partitionKey, rowKey }: RowKey): Promise<Stored<Row> | undefined> {
    const request = this.request((client, options) => client.getEntity<Row>(partitionKey, rowKey, options));
    return request.catch((error) => {
      if (errorCode(error) !== "ResourceNotFound") throw error;
      return undefined;
    });
  }

  /** Writes properties to a row, which need not exist; its other properties stay. @throws TableUnreachableError */
  async merge<Row extends RowKey>(row: Row): Promise<void> {
    await this.request((client, options) => client.upsertEntity(row, "Merge", options));
  }

  /**
   * Reads a row and changes it as if nothing else did: when another change comes first, `decide` runs again on the newer row.
   * @param decide gets the row (undefined: it does not exist) and returns the properties to write, or undefined to leave it
   * @throws TableUnreachableError, also when other changes came first every time; or the error of `decide`
   */
  async change<Row extends object>(
    key: RowKey,
    decide: (row: Stored<Row> | undefined) => Partial<Row> | undefined | Promise<Partial<Row> | undefined>,
    { mode = "Merge", assumeNew = false }: ChangeOptions = {},
  ): Promise<void> {
    let row = assumeNew ? undefined : await this.get<Row>(key);
    for (let i = 1; ; i++) {
      const change = await decide(row);
      if (!change) return;
      const entity = { ...change, ...key };
      if (await (row ? this.update(entity, row.etag, mode) : this.create(entity))) return;
      if (i === changeTries) break;
      row = await this.get<Row>(key);
    }
    const problem = `other changes of a row came first, ${changeTries} times in a row`;
    throw TableUnreachableError.because(this.client.tableName, new Error(problem));
  }

  /** Writes properties to the version of a row with this ETag. False: it has another ETag by now. @throws TableUnreachableError */
  async update<Row extends RowKey>(row: Row, etag: string, mode: "Merge" | "Replace" = "Merge"): Promise<boolean> {
    return unlessChanged(this.request((client, options) => client.updateEntity(row, mode, { ...options, etag })));
  }

  /** Reads the rows page by page, each with the time limit of a request. @throws TableUnreachableError */
  async *list<Row extends object>(queryOptions: TableEntityQueryOptions = {}): AsyncGenerator<Stored<Row>> {
    let continuationToken: string | undefined;
    do {
      const page = await this.request((client, options) =>
        client
          .listEntities<Row>({ queryOptions, ...options })
          .byPage({ continuationToken })
          .next(),
      );
      yield* page.value ?? [];
      continuationToken = page.value?.continuationToken;
    } while (continuationToken);
  }

  /** Reads all rows. @throws TableUnreachableError */
  async all<Row extends object>(queryOptions?: TableEntityQueryOptions): Promise<Stored<Row>[]> {
    const rows: Stored<Row>[] = [];
    for await (const row of this.list<Row>(queryOptions)) rows.push(row);
    return rows;
  }

  /** Removes the rows that have not changed since they were read; resolves to their number. @throws TableUnreachableError */
  async removeUnchanged(rows: Stored<object>[]): Promise<number> {
    const removed = await mapConcurrent(concurrentRemovals, rows, ({ partitionKey = "", rowKey = "", etag }) =>
      this.remove({ partitionKey, rowKey }, etag),
    );
    return removed.filter(Boolean).length;
  }

  /** Removes a row. False: it does not exist, or has another ETag. @throws TableUnreachableError */
  async remove({ partitionKey, rowKey }: RowKey, etag = "*"): Promise<boolean> {
    return unlessChanged(
      this.request((client, options) => client.deleteEntity(partitionKey, rowKey, { ...options, etag })),
    );
  }

  /** Resolves when this app's identity can read the table. @throws TableUnreachableError */
  async checkAccess(): Promise<void> {
    const queryOptions = { select: ["PartitionKey"] };
    await this.request((client, options) =>
      client
        .listEntities({ queryOptions, ...options })
        .byPage({ maxPageSize: 1 })
        .next(),
    );
  }

  /** False: the row exists. */
  private async create(row: RowKey): Promise<boolean> {
    return unlessChanged(this.request((client, options) => client.createEntity(row, options)));
  }
}

/** The row has another ETag, exists already, or does not exist. */
function isConflict(error: unknown): boolean {
  const preconditionFailed = (error as { statusCode?: number }).statusCode === 412;
  return preconditionFailed || ["EntityAlreadyExists", "ResourceNotFound"].includes(errorCode(error) ?? "");
}

/** Resolves to false after a conflict. @throws every other error of the request */
async function unlessChanged(request: Promise<unknown>): Promise<boolean> {
  try {
    await request;
    return true;
  } catch (error) {
    if (isConflict(error)) return false;
    throw error;
  }
}

/** The row is larger than a table takes. */
export function isTooLarge(error: unknown): boolean {
  return ["EntityTooLarge", "RequestBodyTooLarge"].includes(errorCode(error) ?? "");
}

/** An app cannot use one of the tables. */
export class TableUnreachableError extends Error {
  override readonly name = "TableUnreachableError";

  /** @param error thrown by Azure's SDK */
  static because(table: string, error: unknown): TableUnreachableError {
    const { message } = error as Error;
    const reason = explanations[errorCode(error) ?? ""] ?? message;
    return new TableUnreachableError(`The table ${table} cannot be used: ${reason}`);
  }
}

/** The meaning of Azure's error codes for the operator of the apps. */
const explanations: Record<string, string> = {
  AuthorizationPermissionMismatch: "the role Storage Table Data Contributor is missing, or does not work yet.",
  TableNotFound: 'it does not exist. The Pulumi program makes it: run "pulumi up".',
};

/** Such as `ResourceNotFound`: learn.microsoft.com/rest/api/storageservices/table-service-error-codes */
function errorCode(error: unknown): string | undefined {
  return (error as { details?: { odataError?: { code?: string } } }).details?.odataError?.code;
}
