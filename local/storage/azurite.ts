import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Certificates } from "../certificates";
import type { Service } from "./service";
import { withoutTelemetry } from "./without-telemetry";

/** One of Azurite's servers. Azurite publishes no interface for use in process: the version is pinned in package.json. */
export interface AzuriteServer {
  start(): Promise<void>;
  close(): Promise<void>;
  httpServer: Server;
  accountDataStore: { refresh(): void; timer?: NodeJS.Timeout };
  gcManager?: { gcIntervalInMS: number };
}

type Constructor<T> = { default: new (...args: unknown[]) => T };

const host = "127.0.0.1";
const keepAliveSeconds = 24 * 60 * 60; // the SDKs never end an idle connection; a server that does loses requests

/** Azurite's queue, table and blob servers, in memory, over https with bearer tokens, on free ports. */
export function makeServers({ certFile, keyFile }: Certificates): Record<Service, AzuriteServer> {
  const tls = [certFile, keyFile, "", "basic"];
  const inMemory = [false, true]; // product-style host names stay on
  const common = ["", "", [], false, undefined, false, undefined, false, true, ...tls, ...inMemory];
  const tableCommon = ["", false, false, undefined, undefined, false, true, ...tls, ...inMemory];
  return withoutTelemetry(() => ({
    queue: withoutSweeps(server("queue", "Queue", common)),
    table: server("table", "Table", tableCommon),
    blob: withoutSweeps(server("blob", "Blob", common)),
  }));
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** Lets every request to a started server pass through a handler of ours. */
export function putInFront({ httpServer }: AzuriteServer, wrap: (inner: Handler) => Handler): void {
  const [inner] = httpServer.listeners("request") as Handler[];
  if (!inner)
    throw new Error("Azurite has no request handler; its version in package.json must be the one this was made for.");
  httpServer.removeAllListeners("request").on("request", wrap(inner));
}

function server(folder: string, name: string, rest: unknown[]): AzuriteServer {
  const load = <T>(file: string) => (require(`azurite/dist/src/${folder}/${file}`) as Constructor<T>).default;
  const Server = load<AzuriteServer>(`${name}Server`);
  const Configuration = load<object>(`${name}Configuration`);
  return new Server(new Configuration(host, 0, keepAliveSeconds, ...rest));
}

/** Its accounts are read anew from the environment every minute: there, another cloud in this process may have put its own. */
export function withoutRefreshes({ accountDataStore }: AzuriteServer): void {
  if (!accountDataStore.timer)
    throw new Error("Azurite has no such timer; its version in package.json must be the one this was made for.");
  clearInterval(accountDataStore.timer);
}

/** Its garbage collection holds the event loop for seconds every minute; a run here is short enough without. */
function withoutSweeps(server: AzuriteServer): AzuriteServer {
  if (server.gcManager) server.gcManager.gcIntervalInMS = 2 ** 31 - 1;
  return server;
}
