import type { TokenCredential } from "@azure/identity";
import { deliveriesTable, referencesTable, stateTable, Table } from "../message";

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

  /** Resolves when this app's identity can read every table. @throws TableUnreachable */
  async reach(): Promise<void> {
    await Promise.all([this.state, this.references, this.deliveries].map((table) => table.reach()));
  }
}
