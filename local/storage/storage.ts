import { randomBytes } from "node:crypto";
import type { AddressInfo } from "node:net";
import type { Certificates } from "../certificates";
import { type AzuriteServer, makeServers, putInFront, withoutRefreshes } from "./azurite";
import type { StorageGuard } from "./guard/storage-guard";
import type { Service } from "./service";
import { withWholeCharacters } from "./whole-characters";

const services: Service[] = ["queue", "table", "blob"];

/** The storage accounts of this machine: Azurite, reached as `https://127.0.0.1:<port>/<account>/`. */
export class Storage {
  /** Names and keys. There is always one: without any, Azurite would serve a well-known account. */
  private readonly accounts = new Map([["nobody", newKey()]]);

  private constructor(private readonly servers: Record<Service, AzuriteServer>) {}

  /** @param guard decides who may do what; without one, whoever has a token may do everything */
  static async open(certificates: Certificates, guard?: StorageGuard): Promise<Storage> {
    process.env.AZURITE_ACCOUNTS = accountList(new Map([["nobody", newKey()]]));
    const servers = makeServers(certificates);
    await Promise.all(Object.values(servers).map((server) => server.start()));
    for (const service of services) {
      withoutRefreshes(servers[service]);
      putInFront(servers[service], (inner) => withWholeCharacters(service, inner));
      if (guard) putInFront(servers[service], (inner) => guard.inFrontOf(service, inner));
    }
    const storage = new Storage(servers);
    storage.tellServers(); // while they started, another cloud in this process may have put its accounts there
    return storage;
  }

  addAccount(name: string): void {
    if (this.accounts.has(name)) throw new Error(`the storage account ${name} exists already`);
    this.accounts.set(name, newKey());
    this.tellServers();
  }

  hasAccount(name: string): boolean {
    return this.accounts.has(name);
  }

  /** What is in it stays in the servers' memory: it is to be emptied first. */
  removeAccount(name: string): void {
    this.accounts.delete(name);
    this.tellServers();
  }

  /** With a slash at the end, as ARM gives it. */
  endpoint(service: Service, account: string): string {
    const { port } = this.servers[service].httpServer.address() as AddressInfo;
    return `https://127.0.0.1:${port}/${account}/`;
  }

  private tellServers(): void {
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
