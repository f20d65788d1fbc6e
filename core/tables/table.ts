import { TableClient, type TableEntityQueryOptions, type TableEntityResult } from "@azure/data-tables";
import type { TokenCredential } from "@azure/identity";
import { mapConcurrent, withTimeout } from "../promises";

/** Milliseconds for a request with its tries: a turn makes a few, and its channel waits 15 s. */
const requestLimit = 4_000;

/** How many rows are removed side by side. */
const removedAtOnce = 32;

/** What each request hands on to Azure's SDK. */
export interface TableRequest {
  abortSignal: AbortSignal;
}

/** One of the stack's tables, reached with a managed identity. The Pulumi program makes it. */
export class Table {
  private readonly client: TableClient;

  /** @param url `https://<account>.table.core.windows.net/` */
  constructor(url: string, name: string, credential: TokenCredential) {
    const retryOptions = { maxRetries: 1, retryDelayInMs: 200 };
    this.client = new TableClient(url, name, credential, { retryOptions });
  }

  /**
   * Asks the table something, for a limited time.
   * @throws TableUnreachableError, or what the SDK threw when the service's answer is about the entity
   */
  async request<T>(send: (client: TableClient, options: TableRequest) => Promise<T>): Promise<T> {
    const end = new AbortController(); // which an identity's client does not look at, hence `within`
    try {
      return await withTimeout(requestLimit, "a request", send(this.client, { abortSignal: end.signal }));
    } catch (error) {
      if (isConflict(error) || isTooLarge(error)) throw error;
      throw TableUnreachableError.because(this.client.tableName, error);
    } finally {
      end.abort();
    }
  }

  /** What the table holds, page by page, each with the time of a request. @throws TableUnreachableError */
  async *list<T extends object>(queryOptions: TableEntityQueryOptions = {}): AsyncGenerator<TableEntityResult<T>> {
    let continuationToken: string | undefined;
    do {
      const page = await this.request((client, options) =>
        client
          .listEntities<T>({ queryOptions, ...options })
          .byPage({ continuationToken })
          .next(),
      );
      yield* page.value ?? [];
      continuationToken = page.value?.continuationToken;
    } while (continuationToken);
  }

  /** The same, all of it. @throws TableUnreachableError */
  async all<T extends object>(queryOptions?: TableEntityQueryOptions): Promise<TableEntityResult<T>[]> {
    const rows: TableEntityResult<T>[] = [];
    for await (const row of this.list<T>(queryOptions)) rows.push(row);
    return rows;
  }

  /** Removes rows that are still as they were read; resolves to how many that were. @throws TableUnreachableError */
  async removeUnchanged(rows: TableEntityResult<object>[]): Promise<number> {
    const removed = await mapConcurrent(removedAtOnce, rows, (row) => this.remove(row));
    return removed.filter(Boolean).length;
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

  /** False: somebody has changed it since it was read, or removed it. */
  private async remove({ partitionKey = "", rowKey = "", etag }: TableEntityResult<object>): Promise<boolean> {
    return unlessChanged(
      this.request((client, options) => client.deleteEntity(partitionKey, rowKey, { ...options, etag })),
    );
  }
}

/** There is no such entity. */
export function isMissing(error: unknown): boolean {
  return tableErrorCode(error) === "ResourceNotFound";
}

/** The entity is another one by now, is there already, or is not there. */
export function isConflict(error: unknown): boolean {
  const preconditionFailed = (error as { statusCode?: number }).statusCode === 412;
  return preconditionFailed || tableErrorCode(error) === "EntityAlreadyExists" || isMissing(error);
}

/** False: the entity is another one by now, is there already, or is not there. @throws what else the request threw */
export async function unlessChanged(request: Promise<unknown>): Promise<boolean> {
  try {
    await request;
    return true;
  } catch (error) {
    if (isConflict(error)) return false;
    throw error;
  }
}

/** The entity is larger than a table takes. */
export function isTooLarge(error: unknown): boolean {
  return ["EntityTooLarge", "RequestBodyTooLarge"].includes(tableErrorCode(error) ?? "");
}

/** For the `catch` of a request that minds no absence. */
export function unlessMissing(error: unknown): undefined {
  if (!isMissing(error)) throw error;
}

/** An app cannot use one of the tables. */
export class TableUnreachableError extends Error {
  override readonly name = "TableUnreachableError";

  /** In words for whoever runs the apps. @param error what Azure's SDK threw */
  static because(table: string, error: unknown): TableUnreachableError {
    const { message } = error as Error;
    return new TableUnreachableError(`table ${table}: ${meanings[tableErrorCode(error) ?? ""] ?? message}`);
  }
}

/** What Azure's error codes mean to whoever runs the apps. */
const meanings: Record<string, string> = {
  AuthorizationPermissionMismatch: "the role Storage Table Data Contributor is missing, or does not work yet",
  TableNotFound: 'it does not exist: the Pulumi program makes it, so run "pulumi up"',
};

/** Such as `ResourceNotFound`: learn.microsoft.com/rest/api/storageservices/table-service-error-codes */
export function tableErrorCode(error: unknown): string | undefined {
  return (error as { details?: { odataError?: { code?: string } } }).details?.odataError?.code;
}
