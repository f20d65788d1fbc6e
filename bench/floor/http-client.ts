import http, { type OutgoingHttpHeaders, type RequestListener } from "node:http";
import https from "node:https";
import { buffer } from "node:stream/consumers";

export interface Answer {
  status: number;
  body: Buffer;
}

/** Milliseconds, those of node's fetch: servers end idle connections after 5 s, and a client must let go before. */
const idleLimit = 4_000;

/** Bare requests over connections that stay open. */
export class HttpClient {
  private readonly http = new http.Agent({ keepAlive: true, timeout: idleLimit });
  private readonly https: https.Agent;

  /** @param ca PEM of the authority to trust */
  constructor(ca?: string) {
    this.https = new https.Agent({ keepAlive: true, timeout: idleLimit, ca });
  }

  /** @throws Error for any status that is not a success */
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

/** Serves a hop: takes a body, does what is to be done with it, answers. */
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
