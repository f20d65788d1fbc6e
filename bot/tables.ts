import type { TokenCredential } from "@azure/identity";
import { deliveriesTable, referencesTable, stateTable } from "../core/names";
import { Table } from "../core/tables/table";

/** The stack's tables. */
export class Tables {
  readonly state: Table;
  readonly references: Table;
  readonly deliveries: Table;

  /** @param url `https://<account>.table.core.windows.net/` */
  constructor(url: string, credential: TokenCredential) {
    this.state = new Table(url, stateTable, credential);
    this.references = new Table(url, referencesTable, credential);
    this.deliveries = new Table(url, deliveriesTable, credential);
  }

  /** Resolves when this app's identity can read every table. @throws TableUnreachableError */
  async checkAccess(): Promise<void> {
    await Promise.all([this.state, this.references, this.deliveries].map((table) => table.checkAccess()));
  }
}
