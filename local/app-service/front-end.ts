import { Agent, type IncomingMessage } from "node:http";
import { createServer, type Server } from "node:https";
import { createProxyServer } from "httpxy";
import type { Certificates } from "../certificates";
import { listen, stop } from "../listen";

/** Milliseconds. App Service ends a request after 230 s: learn.microsoft.com/troubleshoot/azure/app-service/web-apps-performance-faqs. */
const requestLimit = 230_000;

/** Milliseconds that App Service keeps an idle connection to an app: github.com/Azure-App-Service/ImageBuilder/pull/323. */
const idleLimit = 60_000;

/** The TLS front end of one site. It forwards requests to the site's instances. */
export class FrontEnd {
  private constructor(
    private readonly server: Server,
    readonly hostName: string,
  ) {}

  /** @param target returns the port of the instance for the next request, or undefined when none runs */
  static async open(certificates: Certificates, target: () => number | undefined): Promise<FrontEnd> {
    const server = makeServer(certificates, target);
    return new FrontEnd(server, `127.0.0.1:${await listen(server)}`);
  }

  close(): Promise<void> {
    return stop(this.server);
  }
}

function makeServer({ cert, key }: Certificates, target: () => number | undefined): Server {
  const agent = new Agent({ keepAlive: true, timeout: idleLimit }); // with a timeout, the agent also respects an app's shorter keep-alive
  const proxy = createProxyServer({ proxyTimeout: requestLimit, agent });
  // httpxy asks the app to close after a request in chunks. An app that answers before the end of one then resets the connection,
  // and its answer is lost. App Service's connections to an app are its own and stay open, as above.
  proxy.on("proxyReq", (toApp) => toApp.setHeader("connection", "keep-alive"));
  return createServer({ cert, key }, async (request, response) => {
    const port = target();
    if (!port) return void response.writeHead(503).end("This app is not running.");
    addForwarded(request);
    try {
      await proxy.web(request, response, { target: `http://127.0.0.1:${port}` });
    } catch {
      if (!response.headersSent) response.writeHead(502);
      response.end();
    }
  });
}

/**
 * Appends the caller's address with its port to `x-forwarded-for`: github.com/pbojinov/request-ip/issues/29.
 * Scheme and host are those of this request. The caller's own values are replaced.
 */
function addForwarded({ headers, socket }: IncomingMessage): void {
  const earlier = headers["x-forwarded-for"];
  const address = `${socket.remoteAddress}:${socket.remotePort}`;
  headers["x-forwarded-for"] = earlier ? `${earlier}, ${address}` : address;
  headers["x-forwarded-proto"] = "https";
  headers["x-forwarded-host"] = headers.host;
}
