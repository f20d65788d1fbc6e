import type { IncomingMessage, Server, ServerResponse } from "node:http";
import Module from "node:module";
import type { Certificates } from "../certificates";

/** The services of a storage account that the local cloud offers. */
export type StorageService = "queue" | "table" | "blob";

/** One of Azurite's servers. Azurite has no public interface for use in process, so package.json pins its version. */
export interface AzuriteServer {
  start(): Promise<void>;
  close(): Promise<void>;
  httpServer: Server;
  accountDataStore: { refresh(): void; timer?: NodeJS.Timeout };
  gcManager?: { gcIntervalInMS: number };
}

/** Handles one HTTP request. */
export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;

type Constructor<T> = { default: new (...args: unknown[]) => T };

const host = "127.0.0.1";
const keepAliveSeconds = 24 * 60 * 60; // the SDKs keep idle connections open; a server that ends them loses requests

/** Creates Azurite's queue, table and blob servers: in memory, over https with bearer tokens, on free ports. */
export function makeServers({ certFile, keyFile }: Certificates): Record<StorageService, AzuriteServer> {
  const tls = [certFile, keyFile, "", "basic"];
  const inMemory = [false, true]; // product-style host names stay on
  const common = ["", "", [], false, undefined, false, undefined, false, true, ...tls, ...inMemory];
  const tableCommon = ["", false, false, undefined, undefined, false, true, ...tls, ...inMemory];
  return withoutTelemetry(() => ({
    queue: withoutGarbageCollection(server("queue", "Queue", common)),
    table: server("table", "Table", tableCommon),
    blob: withoutGarbageCollection(server("blob", "Blob", common)),
  }));
}

/** Puts a handler in front of a started server. */
export function wrapRequests({ httpServer }: AzuriteServer, wrap: (inner: RequestHandler) => RequestHandler): void {
  const [inner] = httpServer.listeners("request") as RequestHandler[];
  if (!inner)
    throw new Error("Azurite has no request handler. local/storage/azurite.ts does not fit this version of Azurite.");
  httpServer.removeAllListeners("request").on("request", wrap(inner));
}

function server(folder: string, name: string, rest: unknown[]): AzuriteServer {
  const load = <T>(file: string) => (require(`azurite/dist/src/${folder}/${file}`) as Constructor<T>).default;
  const Server = load<AzuriteServer>(`${name}Server`);
  const Configuration = load<object>(`${name}Configuration`);
  return new Server(new Configuration(host, 0, keepAliveSeconds, ...rest));
}

/** Azurite reads its accounts from the environment every minute. Another cloud in this process may have written its own there. */
export function stopAccountRefresh({ accountDataStore }: AzuriteServer): void {
  if (!accountDataStore.timer)
    throw new Error(
      "Azurite has no timer for its accounts. local/storage/azurite.ts does not fit this version of Azurite.",
    );
  clearInterval(accountDataStore.timer);
}

/** Azurite's garbage collection blocks the event loop for seconds every minute. A local run is short enough without it. */
function withoutGarbageCollection(server: AzuriteServer): AzuriteServer {
  if (server.gcManager) server.gcManager.gcIntervalInMS = 2 ** 31 - 1;
  return server;
}

/**
 * Azurite decodes each chunk of a message's or an entity's body by itself, which breaks a character outside ASCII that two
 * chunks share. With an encoding, the request decodes across chunks. Blobs are bytes, and a table batch is read as a whole.
 */
export function decodeBodyAsUtf8(service: StorageService, inner: RequestHandler): RequestHandler {
  return (request, response) => {
    const isText = service !== "blob" && !request.url?.includes("$batch");
    if (isText) request.setEncoding("utf8");
    inner(request, response);
  };
}

type Load = (request: string, parent: unknown, isMain: boolean) => unknown;

/** Loads Azurite without the telemetry package, which it imports and does not use in process. This halves its start-up time. */
function withoutTelemetry<T>(load: () => T): T {
  const loader = Module as unknown as { _load: Load };
  const original = loader._load;
  loader._load = (request, parent, isMain) =>
    request === "applicationinsights" ? {} : original.call(loader, request, parent, isMain);
  try {
    return load();
  } finally {
    loader._load = original;
  }
}
