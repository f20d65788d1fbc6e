import { TableClient } from "@azure/data-tables";
import type { TokenCredential } from "@azure/identity";
import { tableNames } from "../message";

/** The bot cannot use one of its tables. */
export class TableUnreachable extends Error {
  override readonly name = "TableUnreachable";
}

/** What Azure's error codes mean to whoever runs the bot. */
const meanings: Record<string, string> = {
  AuthorizationPermissionMismatch: "the role Storage Table Data Contributor is missing, or does not work yet",
  TableNotFound: 'it does not exist: the Pulumi program makes it, so run "pulumi up"',
};

/** The bot's tables. The Pulumi program makes them. */
export class Tables {
  private readonly clients: TableClient[];

  /** @param url `https://<account>.table.core.windows.net/` */
  constructor(url: string, credential: TokenCredential) {
    const retryOptions = { maxRetries: 1 };
    this.clients = tableNames.map((name) => new TableClient(url, name, credential, { retryOptions }));
  }

  /** Resolves when this app's identity can read every table. @throws TableUnreachable */
  async reach(): Promise<void> {
    await Promise.all(this.clients.map(look));
  }
}

async function look(client: TableClient): Promise<void> {
  const select = ["PartitionKey"];
  const abortSignal = AbortSignal.timeout(5_000);
  try {
    await client.listEntities({ queryOptions: { select }, abortSignal }).byPage({ maxPageSize: 1 }).next();
  } catch (error) {
    const { details, message } = error as Error & { details?: { odataError?: { code?: string } } };
    throw new TableUnreachable(`table ${client.tableName}: ${meanings[details?.odataError?.code ?? ""] ?? message}`);
  }
}
