import { randomBytes } from "node:crypto";
import type { AddressInfo } from "node:net";
import type { Certificates } from "../certificates";
import {
  type AzuriteServer,
  decodeBodyAsUtf8,
  makeServers,
  type StorageService,
  stopAccountRefresh,
  wrapRequests,
} from "./azurite";
import type { StorageGuard } from "./guard/storage-guard";

const services: StorageService[] = ["queue", "table", "blob"];

/** The name of an account that nothing uses. */
const placeholder = "nobody";

/** The local storage accounts. Azurite serves them at `https://127.0.0.1:<port>/<account>/`. */
export class Storage {
  /** Names and keys. The list is never empty: without any account, Azurite would serve its well-known one. */
  private readonly accounts = new Map([[placeholder, newKey()]]);

  private constructor(private readonly servers: Record<StorageService, AzuriteServer>) {}

  /** @param guard authorizes the requests; without one, every valid token allows everything */
  static async open(certificates: Certificates, guard?: StorageGuard): Promise<Storage> {
    process.env.AZURITE_ACCOUNTS = accountList(new Map([[placeholder, newKey()]]));
    const servers = makeServers(certificates);
    await Promise.all(Object.values(servers).map((server) => server.start()));
    for (const service of services) {
      stopAccountRefresh(servers[service]);
      wrapRequests(servers[service], (inner) => decodeBodyAsUtf8(service, inner));
      if (guard) wrapRequests(servers[service], (inner) => guard.wrap(service, inner));
    }
    const storage = new Storage(servers);
    storage.publishAccounts(); // another cloud in this process may have written its accounts meanwhile
    return storage;
  }

  addAccount(name: string): void {
    if (this.accounts.has(name)) throw new Error(`The storage account ${name} already exists. Choose another name.`);
    this.accounts.set(name, newKey());
    this.publishAccounts();
  }

  hasAccount(name: string): boolean {
    return this.accounts.has(name);
  }

  /** Empty the account first: its content stays in the servers' memory. */
  removeAccount(name: string): void {
    this.accounts.delete(name);
    this.publishAccounts();
  }

  /** The endpoint with a trailing slash, as ARM returns it. */
  endpoint(service: StorageService, account: string): string {
    const { port } = this.servers[service].httpServer.address() as AddressInfo;
    return `https://127.0.0.1:${port}/${account}/`;
  }

  private publishAccounts(): void {
    process.env.AZURITE_ACCOUNTS = accountList(this.accounts);
    for (const server of Object.values(this.servers)) server.accountDataStore.refresh();
  }

  async close(): Promise<void> {
    const servers = Object.values(this.servers);
    for (const server of servers) server.httpServer.closeAllConnections();
    await Promise.all(servers.map((server) => server.close()));
  }
}

function newKey(): string {
  return randomBytes(64).toString("base64");
}

function accountList(accounts: Map<string, string>): string {
  return [...accounts].map(([name, key]) => `${name}:${key}`).join(";");
}
