import assert from "node:assert/strict";
import { once } from "node:events";
import { afterEach, beforeEach, describe, test } from "node:test";
import type { Activity } from "botbuilder";
import WebSocket from "ws";
import { eventually, type Started, World } from "./bot-service-world";

const say = (text: string) => ({ type: "message", from: { id: "anna" }, text });

/** A client of a stream that remembers what it was shown. */
class Listener {
  readonly activities: Activity[] = [];
  watermark = "";
  private readonly socket: WebSocket;

  constructor(url: string) {
    this.socket = new WebSocket(url);
    this.socket.on("error", () => {});
    this.socket.on("message", (data) => {
      const set = JSON.parse(data.toString()) as { activities: Activity[]; watermark: string };
      this.activities.push(...set.activities);
      this.watermark = set.watermark;
    });
  }

  get texts(): (string | undefined)[] {
    return this.activities.filter(({ type }) => type === "message").map(({ text }) => text);
  }

  get isClosed(): boolean {
    return this.socket.readyState === WebSocket.CLOSED;
  }

  opened(): Promise<unknown> {
    return once(this.socket, "open");
  }

  send(text: string): void {
    this.socket.send(text);
  }

  async close(): Promise<void> {
    this.socket.close();
    await once(this.socket, "close");
  }
}

/** The status that answers an attempt to open a stream. */
async function refusal(url: string): Promise<number | undefined> {
  const socket = new WebSocket(url);
  socket.on("error", () => {});
  const [, response] = (await once(socket, "unexpected-response")) as [unknown, { statusCode?: number }];
  return response.statusCode;
}

describe("a stream of the local Direct Line", () => {
  let world: World;
  let started: Started;
  beforeEach(async () => {
    world = await World.start();
    started = await world.startConversation();
  });
  afterEach(() => world.stop());

  const reconnect = async (watermark?: string) => {
    const query = watermark === undefined ? "" : `?watermark=${watermark}`;
    const path = `/v3/directline/conversations/${started.conversationId}${query}`;
    const { status, body } = await world.call<Started>("GET", path, started.token);
    assert.equal(status, 200);
    return body.streamUrl;
  };

  test("shows what was said before it opened, then everything as it comes, the user's own words too", async () => {
    await world.post(started, say("early"));
    const listener = new Listener(started.streamUrl);
    await eventually("the early reply", () => listener.texts.length === 2);
    await world.post(started, say("late"));
    await eventually("the late reply", () => listener.texts.length === 4);
    assert.deepEqual(listener.texts, ["early", "You said early", "late", "You said late"]);
    assert.equal(listener.watermark, "4");
    assert.equal(listener.activities[3]?.replyToId, listener.activities[2]?.id);
  });

  test("shows a proactive message and typing", async () => {
    const listener = new Listener(started.streamUrl);
    await listener.opened();
    await world.post(started, say("hello"));
    const reference = world.reference;
    assert.ok(reference);
    await world.adapter.continueConversationAsync(world.appId, reference, async (context) => {
      await context.sendActivities([{ type: "typing" }, { type: "message", text: "by the way" }]);
    });
    await eventually("the proactive message", () => listener.texts.includes("by the way"));
    assert.deepEqual(
      listener.activities.map(({ type }) => type),
      ["message", "message", "typing", "message"],
    );
    assert.equal((await world.activities(started)).activities.length, 3);
  });

  test("loses nothing when it reconnects with its watermark", async () => {
    const first = new Listener(started.streamUrl);
    await world.post(started, say("one"));
    await eventually("the first reply", () => first.texts.length === 2);
    await first.close();
    await world.post(started, say("two"));
    const second = new Listener(await reconnect(first.watermark));
    await eventually("the missed messages", () => second.texts.length === 2);
    assert.deepEqual(second.texts, ["two", "You said two"]);
    const all = new Listener(await reconnect("0"));
    await eventually("the whole history", () => all.texts.length === 4);
  });

  test("shows only what comes after when it reconnects without a watermark", async () => {
    await world.post(started, say("one"));
    const listener = new Listener(await reconnect());
    await listener.opened();
    await world.post(started, say("two"));
    await eventually("the new messages", () => listener.texts.length === 2);
    assert.deepEqual(listener.texts, ["two", "You said two"]);
  });

  test("ignores the pings of its client", async () => {
    const listener = new Listener(started.streamUrl);
    await listener.opened();
    listener.send("");
    listener.send("anything");
    await world.post(started, say("still there"));
    await eventually("the reply", () => listener.texts.length === 2);
  });

  test("shows every follower the same", async () => {
    const listeners = [new Listener(started.streamUrl), new Listener(await reconnect("0"))];
    await world.post(started, say("hello"));
    for (const listener of listeners) await eventually("the reply", () => listener.texts.length === 2);
  });

  test("is refused without a valid token for its conversation", async () => {
    const other = await world.startConversation();
    const url = new URL(started.streamUrl);
    url.searchParams.set("t", other.token);
    assert.equal(await refusal(String(url)), 403);
    url.searchParams.set("t", "garbage");
    assert.equal(await refusal(String(url)), 401);
    url.searchParams.delete("t");
    assert.equal(await refusal(String(url)), 401);
    assert.equal(await refusal(started.streamUrl.replace("/stream?", "/elsewhere?")), 404);
    const token = await world.generateToken();
    const unstarted = started.streamUrl.replace(started.conversationId, token.conversationId).replace(/t=.*/, "");
    assert.equal(await refusal(`${unstarted}t=${token.token}`), 404);
  });

  test("opens with the conversation's own token as well", async () => {
    const url = new URL(started.streamUrl);
    url.searchParams.set("t", started.token);
    const listener = new Listener(String(url));
    await listener.opened();
  });

  test("has the scheme and host by which its client came, also on a server for Direct Line alone", async () => {
    const page = await world.serve(world.service.directLine, undefined, true);
    const response = await fetch(`${page}/v3/directline/conversations`, {
      method: "POST",
      headers: { authorization: `Bearer ${world.key}` },
    });
    const { streamUrl } = (await response.json()) as Started;
    assert.ok(streamUrl.startsWith(`${page.replace("http:", "ws:")}/v3/directline/conversations/`), streamUrl);
    const listener = new Listener(streamUrl);
    await listener.opened();
    assert.equal((await fetch(`${page}/v1/.well-known/openidconfiguration`)).status, 404);
  });

  test("ends with its bot, and with the service", async () => {
    const listener = new Listener(started.streamUrl);
    await listener.opened();
    world.service.unregister(world.botName);
    await eventually("the stream's end", () => listener.isClosed);

    world.service.register({ name: "next", appId: world.appId, endpoint: `${world.botUrl}/api/messages` });
    const next = await world.startConversation(world.service.enableDirectLine("next").key);
    const second = new Listener(next.streamUrl);
    await second.opened();
    world.service.close();
    await eventually("the stream's end", () => second.isClosed);
  });
});
