import { createServer, type Server } from "node:https";
import { createProxyServer } from "httpxy";
import type { Certificates } from "../certificates";
import { listen, stop } from "../listen";

/** App Service ends a request after 230 s: learn.microsoft.com/troubleshoot/azure/app-service/web-apps-performance-faqs. */
const requestLimit = 230_000;

/** The TLS front end of one site: what the world calls, whichever process runs behind it. */
export class FrontEnd {
  private constructor(
    private readonly server: Server,
    readonly hostName: string,
  ) {}

  /** @param target the port of the app that runs now, if one does */
  static async open(certificates: Certificates, target: () => number | undefined): Promise<FrontEnd> {
    const server = makeServer(certificates, target);
    return new FrontEnd(server, `127.0.0.1:${await listen(server)}`);
  }

  close(): Promise<void> {
    return stop(this.server);
  }
}

function makeServer({ cert, key }: Certificates, target: () => number | undefined): Server {
  const proxy = createProxyServer({ xfwd: true, proxyTimeout: requestLimit });
  return createServer({ cert, key }, async (request, response) => {
    const port = target();
    if (!port) return void response.writeHead(503).end("This app is not running.");
    try {
      await proxy.web(request, response, { target: `http://127.0.0.1:${port}` });
    } catch {
      if (!response.headersSent) response.writeHead(502);
      response.end();
    }
  });
}
