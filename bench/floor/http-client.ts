import http, { type OutgoingHttpHeaders, type RequestListener } from "node:http";
import https from "node:https";
import { buffer } from "node:stream/consumers";

export interface Answer {
  status: number;
  body: Buffer;
}

/** Milliseconds, as in Node's fetch: servers close idle connections after 5 s, and the client must close them earlier. */
const idleLimit = 4_000;

/** Sends plain requests over connections that stay open. */
export class HttpClient {
  private readonly http = new http.Agent({ keepAlive: true, timeout: idleLimit });
  private readonly https: https.Agent;

  /** @param ca certificate of the trusted authority, PEM */
  constructor(ca?: string) {
    this.https = new https.Agent({ keepAlive: true, timeout: idleLimit, ca });
  }

  /** @throws Error for a status from 300 */
  async post(url: string, body: Buffer | string): Promise<Answer> {
    return this.send("POST", url, body);
  }

  async send(method: string, url: string, body?: Buffer | string, headers: OutgoingHttpHeaders = {}): Promise<Answer> {
    const length = { "content-length": Buffer.byteLength(body ?? "") };
    const answer = await new Promise<http.IncomingMessage>((resolve, reject) => {
      const [{ request }, agent] = url.startsWith("https:") ? [https, this.https] : [http, this.http];
      request(url, { method, agent, headers: { ...headers, ...length } }, resolve)
        .on("error", reject)
        .end(body);
    });
    const { statusCode: status = 0 } = answer;
    const text = await buffer(answer);
    if (status >= 300) throw new Error(`${method} ${url} answered ${status}: ${text}`);
    return { status, body: text };
  }
}

/** A handler that passes each request's path and body to `pass`, and answers when it is done. */
export function forwardingHandler(pass: (path: string, body: Buffer) => Promise<unknown> | undefined): RequestListener {
  return async (request, response) => {
    try {
      await pass(request.url ?? "/", await buffer(request));
      response.end();
    } catch (error) {
      response.writeHead(502).end(String(error));
    }
  };
}
