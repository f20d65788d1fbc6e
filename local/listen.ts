import { createServer, type Server } from "node:net";

/**
 * Listens on 127.0.0.1 and resolves to the port: the given one, or a free one. Idle connections are the clients' to end: those
 * of Azure's SDKs never do, and a request that meets the server's own end (Node's: after 5 s) is lost. @throws EADDRINUSE
 */
export function listen(server: Server & { keepAliveTimeout?: number }, port = 0): Promise<number> {
  server.keepAliveTimeout = 0;
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve((server.address() as { port: number }).port);
    });
  });
}

/** Stops accepting and ends the connections that are open. */
export function stop(server: Server & { closeAllConnections?(): void }): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections?.();
  });
}

/** A port that nothing listens on right now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await stop(server);
  return port;
}
