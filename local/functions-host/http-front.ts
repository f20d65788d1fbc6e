import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { HttpFunction } from "./bindings";
import { type HttpAnswer, requestUrl, toAnswer, toRpcRequest } from "./http-data";
import { compareRoutes, matchRoute } from "./http-route";
import { type Invoker, newInvocationId } from "./invocation";
import type { CategoryLog } from "./log";
import { Refusal } from "./refusal";
import type { Running } from "./running";

/** The real host's default limit of a request body (FUNCTIONS_REQUEST_BODY_SIZE_LIMIT). */
const longestBody = 104_857_600;

/** The real host's server keeps an idle connection for so many milliseconds: KestrelServerLimits.KeepAliveTimeout. */
const idleLimit = 130_000;

/** Listens on the port that the platform gave and calls HTTP functions. */
export class HttpFront {
  private readonly server: Server;
  private readonly functions: HttpFunction[];

  constructor(
    functions: HttpFunction[],
    private readonly invoker: Invoker,
    private readonly running: Running,
    private readonly log: CategoryLog,
  ) {
    this.functions = functions.toSorted((a, b) => compareRoutes(a.route, b.route));
    this.server = createServer({ keepAliveTimeout: idleLimit }, (request, response) => {
      const what = `${request.method} ${request.url?.split("?")[0]}`;
      this.running.add(what, this.serve(request, response));
    });
  }

  /** Resolves with the port (the platform's, or a free one for 0). */
  async listen(port: number): Promise<number> {
    this.server.listen(port, "127.0.0.1");
    try {
      await once(this.server, "listening");
    } catch (error) {
      throw new Refusal(`Cannot listen on port ${port}: ${(error as NodeJS.ErrnoException).code}.`, { cause: error });
    }
    return (this.server.address() as AddressInfo).port;
  }

  /** Takes no more requests; those that run go on. */
  stop(): void {
    this.server.close();
    this.server.closeIdleConnections();
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      write(response, request, await this.answer(request));
    } catch (error) {
      this.log.debug(`The connection of ${request.method} ${request.url} broke: ${(error as Error).message}`);
      response.destroy();
    }
  }

  private async answer(request: IncomingMessage): Promise<HttpAnswer> {
    const url = requestUrl(request);
    if (!url) return plain(400, "Bad request");
    const found = this.find(request.method ?? "GET", url.pathname);
    if (!found) return url.pathname === "/" ? plain(200, "Your function app is up and running.") : plain(404, "");
    const body = await readBody(request);
    return body ? this.call(found.http, found.params, request, url, body) : plain(413, "The body is too long.");
  }

  /** A method that no function has is 404 too, as in the real host. */
  private find(method: string, path: string): { http: HttpFunction; params: Record<string, string> } | undefined {
    for (const http of this.functions) {
      const params = matchRoute(http.route, path);
      if (params && (http.methods.length === 0 || http.methods.includes(method))) return { http, params };
    }
    return undefined;
  }

  private async call(
    http: HttpFunction,
    params: Record<string, string>,
    request: IncomingMessage,
    url: URL,
    body: Buffer,
  ): Promise<HttpAnswer> {
    try {
      const response = await this.invoker.invoke({
        function: http.function,
        invocationId: newInvocationId(),
        inputData: [{ name: http.binding, data: { http: toRpcRequest(request, url, params, body) } }],
        triggerMetadata: {},
        // The platform asks for health every few seconds.
        successLevel: "debug",
      });
      return toAnswer(response.returnValue);
    } catch {
      return plain(500, ""); // The invoker has logged why.
    }
  }
}

function plain(status: number, text: string): HttpAnswer {
  return { status, headers: [["content-type", "text/plain; charset=utf-8"]], body: Buffer.from(text) };
}

function write(response: ServerResponse, request: IncomingMessage, answer: HttpAnswer): void {
  response.statusCode = answer.status;
  for (const [name, value] of answer.headers) response.setHeader(name, value);
  const bodyless = request.method === "HEAD" || [204, 205, 304].includes(answer.status);
  if (!bodyless) response.setHeader("content-length", answer.body.byteLength);
  response.end(bodyless ? undefined : answer.body);
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > longestBody) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
