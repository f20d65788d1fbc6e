import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import type { Activity, DirectLine as DirectLineClient, DirectLineOptions, Services } from "botframework-directlinejs";
import WebSocket from "ws";
import { eventually, World } from "./bot-service-world";

// DirectLineJS looks for a browser's WebSocket when it is loaded and when it is made; Node 20 has none.
Object.assign(globalThis, { WebSocket });
const { DirectLine, ConnectionStatus } =
  require("botframework-directlinejs") as typeof import("botframework-directlinejs");

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

function connect(options: DirectLineOptions): { client: DirectLineClient; seen: Activity[] } {
  const services = { ajax } as unknown as Partial<Services>;
  const client = new DirectLine({ ...options, ...services });
  const seen: Activity[] = [];
  // The observable of a client that ends fails with "conversation ended".
  client.activity$.subscribe({ next: (activity) => seen.push(activity), error: () => {} });
  return { client, seen };
}

describe("DirectLineJS with the local Direct Line", () => {
  let world: World;
  before(async () => {
    world = await World.start();
  });
  after(() => world.stop());

  const post = (client: DirectLineClient, activity: object) =>
    new Promise<string>((resolve, reject) => client.postActivity(activity as Activity).subscribe(resolve, reject));

  for (const webSocket of [true, false]) {
    test(`a conversation with a bound user works with webSocket: ${webSocket}`, async () => {
      const { token } = await world.generateToken({ user: { id: "dl_anna", name: "Anna" } });
      const domain = `${world.base}/v3/directline`;
      const { client, seen } = connect({ token, domain, webSocket, pollingInterval: 200 });
      try {
        const id = await post(client, { type: "message", from: { id: "dl_anna" }, text: "hello" });
        await eventually("the reply", () => seen.length === 2);
        const [mine, reply] = seen as [Activity, Activity];
        assert.equal(mine.id, id);
        assert.deepEqual([mine.from.id, mine.from.role], ["dl_anna", "user"]);
        assert.deepEqual([(reply as { text?: string }).text, reply.from.role], ["You said hello", "bot"]);

        const reference = world.reference;
        assert.ok(reference);
        await world.adapter.continueConversationAsync(world.appId, reference, async (context) => {
          await context.sendActivity("by the way");
        });
        await eventually("the proactive message", () => seen.length === 3);

        world.onMessage = () => Promise.reject(new Error("boom"));
        // DirectLineJS's own answer to a 502.
        assert.equal(await post(client, { type: "message", from: { id: "dl_anna" }, text: "fail" }), "retry");
        world.onMessage = async (context) => {
          await context.sendActivity(`You said ${context.activity.text}`);
        };
        assert.equal(client.connectionStatus$.getValue(), ConnectionStatus.Online);
      } finally {
        client.end();
      }
    });
  }
});
