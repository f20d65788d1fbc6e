import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import path from "node:path";
import { listen, stop } from "../listen";

/** Answers health requests instead of an app, without a process. For tests that only create and delete resources. */
export class StandIn {
  readonly pid = undefined;

  private constructor(private readonly server: Server) {}

  /** @param wwwroot contains `version.txt`, which is part of both apps */
  static async open(wwwroot: string): Promise<{ app: StandIn; port: number }> {
    const version = (await readFile(path.join(wwwroot, "version.txt"), "utf8")).trim();
    const answers: Record<string, unknown> = { "/healthz": { status: "ok", version }, "/readyz": { status: "ready" } };
    const server = createServer(({ url = "" }, response) => {
      const answer = answers[url];
      response.writeHead(answer ? 200 : 503, { "content-type": "application/json" });
      response.end(JSON.stringify(answer ?? { status: "stand-in" }));
    });
    return { app: new StandIn(server), port: await listen(server) };
  }

  stop(): Promise<void> {
    return stop(this.server);
  }
}
