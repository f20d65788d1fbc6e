import { createRequire } from "node:module";
import type { Activity, DirectLine as DirectLineClient, DirectLineOptions, Services } from "botframework-directlinejs";
import WebSocket from "ws";

// DirectLineJS looks for a browser's WebSocket when it is loaded and when it is made; Node 20 has none.
Object.assign(globalThis, { WebSocket });
const directLineJs = require("botframework-directlinejs") as typeof import("botframework-directlinejs");

export const { ConnectionStatus } = directLineJs;

interface Subscriber {
  next(value: unknown): void;
  error(error: unknown): void;
  complete(): void;
}

// Its own copy of rxjs: another version's Observable lacks the methods that it calls.
const { Observable } = createRequire(require.resolve("botframework-directlinejs"))("rxjs/Observable") as {
  Observable: { create(subscribe: (subscriber: Subscriber) => void): unknown };
};

interface AjaxRequest {
  url: string;
  method: string;
  headers: Record<string, string>;
  body?: unknown;
}

/** What DirectLineJS takes instead of XMLHttpRequest. */
const ajax = ({ url, method, headers, body }: AjaxRequest) =>
  Observable.create((subscriber) => {
    fetch(url, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) })
      .then(async (response) => {
        const text = await response.text();
        const xhr = { getResponseHeader: (name: string) => response.headers.get(name) };
        if (!response.ok) throw Object.assign(new Error(text), { status: response.status, xhr });
        subscriber.next({ status: response.status, response: text ? JSON.parse(text) : null, xhr });
        subscriber.complete();
      })
      .catch((error) => subscriber.error(error));
  });

/** Microsoft's own client of Direct Line, in Node: `seen` grows with each activity. */
export function connect(options: DirectLineOptions): { client: DirectLineClient; seen: Activity[] } {
  const services = { ajax } as unknown as Partial<Services>;
  const client = new directLineJs.DirectLine({ ...options, ...services });
  const seen: Activity[] = [];
  // The observable of a client that ends fails with "conversation ended".
  client.activity$.subscribe({ next: (activity) => seen.push(activity), error: () => {} });
  return { client, seen };
}
