import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { TableClient, TableServiceClient } from "@azure/data-tables";
import type { TokenCredential } from "@azure/identity";
import { tableNames } from "../../../core/names";
import { Table } from "../../../core/tables/table";
import type { StorageGuard } from "../../../local/storage/guard/storage-guard";
import { Storage } from "../../../local/storage/storage";
import { GuardedCloud } from "./guarded-cloud";

/** Passes a request on, or does something else. */
export type Interference = (request: IncomingMessage, response: ServerResponse, pass: () => void) => void;

/** The stack's tables in Azurite, and what may go wrong on the way there. */
export class StateTable {
  /** What happens to each request to the table service. */
  interfere: Interference = (_request, _response, pass) => pass();

  private constructor(
    private readonly cloud: GuardedCloud,
    private storage: Storage,
  ) {}

  static async open(): Promise<StateTable> {
    const cloud = await GuardedCloud.open();
    const table = new StateTable(cloud, undefined as unknown as Storage);
    const wrap = (_service: string, inner: RequestListener): RequestListener => {
      return (request, response) => table.interfere(request, response, () => inner(request, response));
    };
    table.storage = await Storage.open(cloud.certificates, { wrap } as unknown as StorageGuard);
    table.storage.addAccount("account");
    const service = new TableServiceClient(table.url, table.credential);
    await Promise.all(tableNames.map((name) => service.createTable(name)));
    return table;
  }

  /** A table as one instance of an app has it. */
  table(name: string): Table {
    return new Table(this.url, name, this.credential);
  }

  /** The table as Azure's SDK sees it. */
  get client(): TableClient {
    return new TableClient(this.url, "botstate", this.credential);
  }

  get credential(): TokenCredential {
    const principal = this.cloud.principal("bot");
    const getToken = async () => {
      const token = await this.cloud.token(principal, "https://storage.azure.com");
      return { token, expiresOnTimestamp: Date.now() + 3_600_000 };
    };
    return { getToken };
  }

  close(): Promise<void> {
    return this.storage.close();
  }

  private get url(): string {
    return this.storage.endpoint("table", "account");
  }
}
