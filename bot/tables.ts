import { TableClient } from "@azure/data-tables";
import type { TokenCredential } from "@azure/identity";
import { tableNames } from "../message";
import { TableUnreachable } from "./table-unreachable";

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
    throw TableUnreachable.because(client.tableName, error);
  }
}
