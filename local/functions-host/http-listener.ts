import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { HttpFunction } from "./bindings";
import { type HttpAnswer, requestUrl, toAnswer, toRpcRequest } from "./http-data";
import { compareRoutes, matchRoute } from "./http-route";
import { type Invoker, newInvocationId } from "./invocation";
import type { CategoryLog } from "./log";
import type { RunningJobs } from "./running-jobs";
import { StartupError } from "./startup-error";

/** Bytes. The real host's default limit of a request body (FUNCTIONS_REQUEST_BODY_SIZE_LIMIT). */
const bodyLimit = 104_857_600;

/** Milliseconds that the real host's server keeps an idle connection: KestrelServerLimits.KeepAliveTimeout. */
const idleLimit = 130_000;

/** Listens on the platform's port and invokes HTTP functions. */
export class HttpListener {
  private readonly server: Server;
  private readonly functions: HttpFunction[];

  constructor(
    functions: HttpFunction[],
    private readonly invoker: Invoker,
    private readonly running: RunningJobs,
    private readonly log: CategoryLog,
  ) {
    this.functions = functions.toSorted((a, b) => compareRoutes(a.route, b.route));
    this.server = createServer({ keepAliveTimeout: idleLimit }, (request, response) => {
      const what = `${request.method} ${request.url?.split("?")[0]}`;
      this.running.add(what, this.serve(request, response));
    });
  }

  /** Resolves with the port: the given one, or a free one for 0. @throws StartupError */
  async listen(port: number): Promise<number> {
    this.server.listen(port, "127.0.0.1");
    try {
      await once(this.server, "listening");
    } catch (error) {
      throw new StartupError(`Cannot listen on port ${port}: ${(error as NodeJS.ErrnoException).code}.`, {
        cause: error,
      });
    }
    return (this.server.address() as AddressInfo).port;
  }

  /** Accepts no more requests. Running requests continue. */
  stop(): void {
    this.server.close();
    this.server.closeIdleConnections();
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      writeAnswer(response, request, await this.answer(request));
    } catch (error) {
      this.log.debug(`The connection of ${request.method} ${request.url} broke: ${(error as Error).message}`);
      response.destroy();
    }
  }

  private async answer(request: IncomingMessage): Promise<HttpAnswer> {
    const url = requestUrl(request);
    if (!url) return textAnswer(400, "Bad request");
    const found = this.find(request.method ?? "GET", url.pathname);
    if (!found)
      return url.pathname === "/" ? textAnswer(200, "Your function app is up and running.") : textAnswer(404, "");
    const body = await readBody(request);
    return body ? this.call(found.http, found.params, request, url, body) : textAnswer(413, "The body is too long.");
  }

  /** Undefined for an unknown path and for an unsupported method. The real host also answers 404 for both. */
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
        // The platform's health requests would fill the log.
        successLevel: "debug",
      });
      return toAnswer(response.returnValue);
    } catch {
      return textAnswer(500, ""); // the invoker has logged the error
    }
  }
}

function textAnswer(status: number, text: string): HttpAnswer {
  return { status, headers: [["content-type", "text/plain; charset=utf-8"]], body: Buffer.from(text) };
}

function writeAnswer(response: ServerResponse, request: IncomingMessage, answer: HttpAnswer): void {
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
    if (length > bodyLimit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
