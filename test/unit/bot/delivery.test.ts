import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import type { Activity, ConversationReference } from "botbuilder";
import type { NewConversation } from "../../../bot/channel/channel-adapter";
import { ConversationTurns } from "../../../bot/channel/conversation-turns";
import { ForbiddenServiceError } from "../../../bot/channel/service-hosts";
import type { ProactiveDelivery } from "../../../bot/proactive/delivery";
import type { ReceivedEvent } from "../../../bot/proactive/received-event";
import { replies } from "../../../bot/replies";
import { OptOuts } from "../../../bot/state/opt-outs";
import { References } from "../../../bot/state/references";
import type { QueueMessage } from "../../../core/message/queue-message";
import { DeliveryBusyError } from "../../../core/tables/deliveries";
import { TableUnreachableError } from "../../../core/tables/table";
import { TestDeliveries } from "../helpers/deliveries";
import { eventOf, testDelivery } from "../helpers/delivery";
import { MemoryTable } from "../helpers/memory-table";

const relatesTo = { conversation: { id: "c" }, channelId: "directline", serviceUrl: "https://example.com/" };
const log = mock.method(console, "log", () => undefined);

let said: string[];
/** The same as activities. */
let sent: Partial<Activity>[];
let deferred: { message: QueueMessage; retryAfter?: number }[];
let poisoned: unknown[];
let resumed: { appId: string; reference: unknown }[];
/** What the channel does with what is said. */
let channel: (text: string) => Promise<void>;
let defer: () => Promise<boolean>;
/** What the channel answers when a conversation is to be opened: its id. */
let openConversation: () => Promise<string>;
let opened: { serviceUrl: string; parameters: NewConversation }[];
let turns: ConversationTurns;
let deliveries: TestDeliveries;
let references: MemoryTable;
let delivery: ProactiveDelivery;
/** Another instance of the bot, with the same tables. */
let instance: (turns?: ConversationTurns) => ProactiveDelivery;

beforeEach(() => {
  [said, sent, deferred, poisoned, resumed, opened] = [[], [], [], [], [], []];
  channel = async (text) => void said.push(text);
  defer = async () => true;
  openConversation = async () => "a:opened";
  turns = new ConversationTurns();
  references = new MemoryTable();
  instance = (turns = new ConversationTurns()) => {
    const world = {
      deliveries,
      references,
      turns,
      send: async (activity: Partial<Activity>) => {
        await channel(activity.text ?? "");
        sent.push(activity);
      },
      defer: (message: QueueMessage, retryAfter?: number) => {
        deferred.push({ message, retryAfter });
        return defer();
      },
      poison: async (json: string) => void poisoned.push(json),
      open: (serviceUrl: string, parameters: NewConversation) => {
        opened.push({ serviceUrl, parameters });
        return openConversation();
      },
      resumed: (appId: string, reference: ConversationReference) => void resumed.push({ appId, reference }),
    };
    return testDelivery(world).delivery;
  };
  forget();
  log.mock.resetCalls();
});

/** Nothing has been delivered. */
function forget(): void {
  deliveries = new TestDeliveries();
  delivery = instance(turns);
}

function event(message: unknown = { relatesTo, text: "hello" }, id = "1"): ReceivedEvent {
  return eventOf(message, id);
}

/** What botbuilder throws for a channel's answer. */
function answer(statusCode: number, headers: Record<string, string> = {}, code?: string): Error {
  return Object.assign(new Error("no"), {
    name: "RestError",
    statusCode,
    details: code && { error: { code, message: "no" } },
    response: { headers: new Map(Object.entries(headers)) },
  });
}

/** When everything that waits for nothing has happened. */
async function settled(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise(setImmediate);
}

function logged(): string {
  return log.mock.calls.map((call) => String((call.arguments as unknown[])[0])).join("\n");
}

test("it says the text in the conversation that the message relates to", async () => {
  await delivery.deliver(event());
  assert.deepEqual(said, [replies.proactiveText("hello")]);
  assert.deepEqual(resumed, [{ appId: "the app id", reference: relatesTo }]);
  assert.deepEqual([deferred, poisoned], [[], []]);
  assert.match(logged(), /"event":"delivered","id":"1"/);
});

test("what the channel throttles is deferred under the message's id, for as long as the channel asks", async () => {
  const messages = [
    { relatesTo, text: "hello", more: 1 },
    { relatesTo, text: "hello", id: "1", attempt: 3 },
  ];
  for (const status of [408, 409, 412, 425, 429, 503]) {
    for (const message of messages) {
      channel = () => Promise.reject(answer(status, { "retry-after": "17" }));
      deferred = [];
      await delivery.deliver(event(message));
      assert.deepEqual(deferred, [{ message: { ...message, id: "1" }, retryAfter: 17 }], String(status));
      const [row] = deliveries.rows;
      assert.equal(row?.status, "waiting");
      assert.match(row?.reason ?? "", new RegExp(`^The channel .+ \\(the channel answered ${status}: no\\)\\.$`));
    }
  }
  channel = () => Promise.reject(answer(429));
  deferred = [];
  await delivery.deliver(event());
  assert.equal(deferred[0]?.retryAfter, 0);
  assert.deepEqual([said, poisoned], [[], []]);
});

test("after a day of deferring it is set aside", async () => {
  channel = () => Promise.reject(answer(503));
  defer = async () => false;
  await delivery.deliver(event());
  assert.deepEqual(poisoned, [event().json]);
  const [row] = deliveries.rows;
  assert.equal(row?.status, "failed");
  assert.equal(row?.reason, "It was tried for a day. The channel is not available (the channel answered 503: no).");
});

test("what no retry can deliver is set aside as it came, with the reason in the log and, in words, in its row", async () => {
  const answers: [number, RegExp][] = [
    [400, /^The channel says that the message is not valid \(the channel answered 400: no\)\.$/],
    [403, /^The channel does not let the bot speak there \(/],
    [404, /^The conversation is gone \(/],
    [405, /^The channel refused the message \(/],
    [410, /^The conversation is gone \(/],
    [413, /^The message is too large for the channel \(/],
    [415, /^The channel refused the message \(/],
    [422, /^The channel refused the message \(/],
    [501, /^The channel cannot do this \(/],
  ];
  for (const [status, words] of answers) {
    poisoned = [];
    forget();
    channel = () => Promise.reject(answer(status));
    await delivery.deliver(event());
    assert.deepEqual(poisoned, [event().json], String(status));
    assert.match(logged(), new RegExp(`"level":"error","event":"failed","id":"1","reason":"RestError: ${status}`));
    assert.deepEqual([deliveries.rows[0]?.id, deliveries.rows[0]?.status], ["1", "failed"]);
    assert.match(deliveries.rows[0]?.reason ?? "", words);
  }
  channel = () => Promise.reject(new ForbiddenServiceError("https://evil.example"));
  const bad: [unknown, RegExp][] = [
    ["not json", /^The message is not valid: \(message\) is not JSON/],
    ["{}", /^The message is not valid: relatesTo is missing: a message needs relatesTo or to$/],
    [{ relatesTo, text: 5 }, /^The message is not valid: text /],
    [{ relatesTo, text: "a forbidden service" }, /^https:\/\/evil\.example$/],
  ];
  for (const [message, words] of bad) {
    poisoned = [];
    forget();
    await delivery.deliver(event(message));
    assert.deepEqual(poisoned, [event(message).json]);
    assert.match(deliveries.rows[0]?.reason ?? "", words);
  }
  assert.match(logged(), /relatesTo is missing/);
  assert.deepEqual([said, deferred], [[], []]);
});

test("a user who is gone for good is no longer one whom the bot can reach, by that address", async () => {
  const { channelId, conversation, serviceUrl } = relatesTo;
  for (const [status, code, left] of [
    [400, undefined, 2],
    [413, undefined, 2],
    [429, undefined, 2],
    [403, undefined, 2],
    [403, "BotDisabledByAdmin", 2],
    [403, "ConversationBlockedByUser", 1],
    [404, undefined, 1],
  ] as const) {
    forget();
    for (const id of ["c", "other"]) {
      const activity = {
        type: "message",
        from: { id: "user" },
        channelId,
        conversation: { ...conversation, id },
        serviceUrl,
      };
      await new References(references).follow(activity as Activity);
    }
    channel = () => Promise.reject(answer(status, {}, code));
    await delivery.deliver(event());
    assert.equal(conversations().length, left, `${status} ${code}`);
  }
});

/** Those of which a user's reference is kept. */
function conversations(): string[] {
  return references.rows.map((row) => String(row.conversationId));
}

test("what the channel forbids without an end to it fails, and is noted beside the user until they are heard of", async () => {
  const { channelId, conversation, serviceUrl } = relatesTo;
  const hears = () =>
    new References(references).follow({
      type: "message",
      from: { id: "user" },
      channelId,
      conversation,
      serviceUrl,
    } as unknown as Activity);
  await hears();
  channel = () => Promise.reject(answer(403, {}, "BotDisabledByAdmin"));
  await delivery.deliver(event());
  assert.deepEqual([poisoned.length, deliveries.rows[0]?.status], [1, "failed"]);
  const [row] = references.rows;
  assert.match(
    String(row?.problem),
    /^An administrator of the tenant has disabled the bot: .* BotDisabledByAdmin: no\)\.$/,
  );
  assert.equal(row?.problem, deliveries.rows[0]?.reason);
  assert.ok(row?.problemAt instanceof Date);
  await hears();
  assert.equal(references.rows[0]?.problem, "");
});

test("a Teams conversation that is not found is tried for an hour: some are found again", async () => {
  const onTeams = { ...relatesTo, channelId: "msteams" };
  channel = () => Promise.reject(answer(404, {}, "ConversationNotFound"));
  const since = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
  for (const [deferredSince, isTried] of [
    [undefined, true],
    [since(59), true],
    [since(61), false],
  ] as const) {
    forget();
    [deferred, poisoned] = [[], []];
    await delivery.deliver(event({ relatesTo: onTeams, text: "hello", attempt: deferredSince && 1, deferredSince }));
    assert.deepEqual([deferred.length, poisoned.length], isTried ? [1, 0] : [0, 1], deferredSince);
    assert.match(
      deliveries.rows[0]?.reason ?? "",
      /^The conversation is gone \(the channel answered 404 ConversationNotFound/,
    );
  }
});

/** Errors after which nobody knows whether the channel has taken what it was given. */
const unsure = [
  answer(500),
  answer(502),
  answer(504),
  Object.assign(new Error("socket hang up"), { name: "RestError", code: "ECONNRESET" }),
  Object.assign(new Error("The operation was aborted."), { name: "AbortError" }),
];

test("what the user may have got is tried again seldom, and by nobody before its time", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: Date.now() });
  for (const failure of unsure) {
    forget();
    [deferred, poisoned, said] = [[], [], []];
    channel = async (text) => {
      said.push(text);
      throw failure;
    };
    for (const seconds of [15, 120, 900, 7200, 28800, 28800]) {
      deferred = [];
      await delivery.deliver(event());
      await instance().deliver(event()); // the same message, by another way
      assert.deepEqual(
        deferred.map(({ retryAfter }) => retryAfter),
        [seconds, seconds],
        failure.message,
      );
      assert.match(deliveries.rows[0]?.reason ?? "", /^The channel failed, and the user may have got the message \(/);
      t.mock.timers.tick(seconds * 1_000);
    }
    assert.deepEqual([said.length, deliveries.rows[0]?.unsure, poisoned], [6, 6, []]);
    channel = async (text) => void said.push(text);
    await delivery.deliver(event());
    assert.deepEqual([said.length, deliveries.rows[0]?.status], [7, "delivered"]);
  }
});

test("a day later what the user may have got has failed, and says so", async () => {
  channel = () => Promise.reject(answer(504));
  defer = async () => false;
  await delivery.deliver(event());
  assert.equal(
    deliveries.rows[0]?.reason,
    "It was tried for a day. The channel failed, and the user may have got the message (the channel answered 504: no).",
  );
});

test("one of many is not said to a user who has opted out since it was queued, and what is meant for them is", async () => {
  const user = { id: "user" };
  const broadcast = { relatesTo: { ...relatesTo, user }, text: "to all", broadcast: true };
  const optOuts = new OptOuts(references);
  const say = (text: string) =>
    optOuts.answer(
      { type: "message", ...relatesTo, from: user, recipient: { id: "bot" } } as unknown as Activity,
      text,
    );
  await say("stop");
  await delivery.deliver(event(broadcast, "b/1"));
  assert.deepEqual([said, deferred, poisoned], [[], [], []]);
  const [row] = deliveries.rows;
  assert.deepEqual([row?.id, row?.status, row?.reason], ["b/1", "cancelled", "The user has opted out."]);
  await delivery.deliver(event({ ...broadcast, broadcast: null }, "2"));
  await delivery.deliver(event({ ...broadcast, relatesTo: { ...relatesTo, user: { id: "guest" } } }, "b/3"));
  await say("start");
  await delivery.deliver(event(broadcast, "b/4"));
  assert.deepEqual(said, Array(3).fill(replies.proactiveText("to all")));
});

test("while nobody knows whether a user has opted out, one of many is not said, and is brought again", async () => {
  references.failure = new TableUnreachableError("table references: gone");
  const broadcast = { relatesTo: { ...relatesTo, user: { id: "user" } }, text: "to all", broadcast: true };
  await assert.rejects(delivery.deliver(event(broadcast)), references.failure);
  assert.deepEqual([said, deferred, poisoned], [[], [], []]);
});

test("any other failure is thrown, so that it never looks like a success to the function", async () => {
  const failures = [
    new Error("no token"),
    Object.assign(new Error("connect ECONNREFUSED"), { name: "RestError", code: "ECONNREFUSED" }),
    Object.assign(new Error("storage, not the channel"), { statusCode: 404 }),
    new TypeError("a bug"),
    "a string",
  ];
  for (const failure of failures) {
    channel = () => Promise.reject(failure);
    await assert.rejects(delivery.deliver(event()), (error) => error === failure);
    assert.equal(deliveries.rows[0]?.status, "waiting", "who brings it again need not wait");
  }
  assert.equal(deliveries.rows[0]?.tries, failures.length);
  assert.deepEqual([deferred, poisoned], [[], []]);
});

test("where the queue takes neither the copy nor the poison, that is thrown too", async () => {
  channel = () => Promise.reject(answer(429));
  defer = () => Promise.reject(answer(404));
  await assert.rejects(delivery.deliver(event()), { statusCode: 404 });
  defer = async () => false;
  poisoned.push = () => {
    throw new Error("out of reach");
  };
  await assert.rejects(delivery.deliver(event()), /out of reach/);
  channel = () => Promise.reject(answer(403));
  await assert.rejects(delivery.deliver(event()), /out of reach/);
});

test("what takes longer than the function's patience is a failure, and is said once although the function brings it back", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: Date.now() });
  let finish = () => {};
  channel = (text) => new Promise((resolve) => (finish = () => resolve(void said.push(text))));
  const behind = { relatesTo, text: "behind" };
  const slow = assert.rejects(delivery.deliver(event(undefined, "slow")), /longer than 6000 ms/);
  const waiting = assert.rejects(delivery.deliver(event(behind, "behind")), /longer than 6000 ms/);
  await settled();
  t.mock.timers.tick(6_000);
  await Promise.all([slow, waiting]);

  channel = async (text) => void said.push(text);
  for (const id of ["slow", "behind"]) await delivery.deliver(event(undefined, id));
  assert.deepEqual(
    deferred.map(({ message, retryAfter }) => [message.id, retryAfter]),
    [
      ["slow", 54],
      ["behind", 54],
    ],
    "somebody is at it: for as long as that may take",
  );
  finish();
  await settled();
  for (const id of ["slow", "behind"]) await delivery.deliver(event(undefined, id));
  assert.deepEqual(said, [replies.proactiveText("hello"), replies.proactiveText("behind")]);
  assert.deepEqual(
    deliveries.rows.map(({ id, status, tries }) => [id, status, tries]),
    [
      ["slow", "delivered", 1],
      ["behind", "delivered", 1],
    ],
  );
  assert.equal(deferred.length, 2);
});

test("what fails after the function's patience is recorded, and no second copy goes back", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: Date.now() });
  for (const [status, expected] of [
    [503, "waiting"],
    [403, "failed"],
  ] as const) {
    forget();
    let fail = () => {};
    channel = () => new Promise((_, reject) => (fail = () => reject(answer(status))));
    const slow = assert.rejects(delivery.deliver(event()), /longer than 6000 ms/);
    await settled();
    t.mock.timers.tick(6_000);
    await slow;
    fail();
    await settled();
    assert.equal(deliveries.rows[0]?.status, expected);
  }
  assert.deepEqual([deferred, poisoned.length], [[], 1]);
});

test("a claim that is refused after the function's patience puts no second copy on the queue", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: Date.now() });
  for (const refusal of [
    new DeliveryBusyError("Another delivery is in progress.", 9),
    new TableUnreachableError("gone"),
  ]) {
    let refuse = () => {};
    t.mock.method(deliveries, "claim", () => new Promise((_, reject) => (refuse = () => reject(refusal))), {
      times: 1,
    });
    const slow = assert.rejects(delivery.deliver(event()), /longer than 6000 ms/);
    await settled();
    t.mock.timers.tick(6_000);
    await slow;
    refuse();
    await settled();
  }
  assert.deepEqual([said, deferred, poisoned], [[], [], []]);
});

test("a turn that comes when others might say the message by now says nothing", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: Date.now() });
  let finish = () => {};
  void turns.run("c", () => new Promise<void>((resolve) => (finish = resolve)));
  const late = assert.rejects(delivery.deliver(event()), /longer than 6000 ms/);
  await settled();
  t.mock.timers.tick(21_000);
  await late;
  finish();
  await settled();
  assert.deepEqual(said, []);
  assert.deepEqual(
    [deliveries.rows[0]?.status, deliveries.rows[0]?.reason],
    ["waiting", "The turn came too late to send the message."],
  );
  await delivery.deliver(event());
  assert.equal(said.length, 1);
});

test("what ends after its claim is no longer this instance's to set aside", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: Date.now() });
  let fail = () => {};
  channel = () => new Promise((_, reject) => (fail = () => reject(answer(403))));
  const slow = assert.rejects(delivery.deliver(event()), /longer than 6000 ms/);
  await settled();
  t.mock.timers.tick(61_000);
  await slow;
  channel = async (text) => void said.push(text);
  await instance().deliver(event());
  fail();
  await settled();
  assert.deepEqual([said.length, poisoned.length, deliveries.rows[0]?.status], [1, 0, "delivered"]);
});

test("a send that outlasts its turn is still the one that counts", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: Date.now() });
  let finish = () => {};
  channel = (text) => new Promise((resolve) => (finish = () => resolve(void said.push(text))));
  const slow = assert.rejects(delivery.deliver(event()), /longer than 6000 ms/);
  await settled();
  t.mock.timers.tick(26_000);
  await slow;
  await settled();
  channel = async (text) => void said.push(text);
  await delivery.deliver(event());
  finish();
  await settled();
  await delivery.deliver(event());
  assert.deepEqual([said.length, deliveries.rows[0]?.status, deliveries.rows[0]?.tries], [1, "delivered", 1]);
});

test("once it is known what a send came to, the function is told that, although it takes long to write down", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: Date.now() });
  let finish = () => {};
  channel = () => Promise.reject(answer(429));
  defer = () => new Promise((resolve) => (finish = () => resolve(true)));
  const slow = delivery.deliver(event());
  await settled();
  t.mock.timers.tick(6_000);
  await settled();
  finish();
  await slow;
  assert.equal(deferred.length, 1);
});

test("two instances that are brought the same message say it once, or set it aside once", async () => {
  for (const status of [undefined, 403]) {
    forget();
    said = [];
    deferred = [];
    const instances = Array.from({ length: 5 }, () => instance());
    channel = async (text) => {
      await settled();
      if (status) throw answer(status);
      said.push(text);
    };
    await Promise.all(instances.map((one) => one.deliver(event())));
    assert.equal(deferred.length, 4);
    for (const one of instances) await one.deliver(event());
    assert.equal(deferred.length, 4);
    assert.deepEqual([said.length, poisoned.length], status ? [0, 1] : [1, 0]);
    assert.equal(deliveries.rows[0]?.status, status ? "failed" : "delivered");
  }
});

test("a message whose claim nobody gives up for a day is the function's to set aside", async () => {
  await deliveries.claim("1");
  defer = async () => false;
  await assert.rejects(delivery.deliver(event()), DeliveryBusyError);
  assert.deepEqual([said, poisoned], [[], []]);
});

test("after a crash before the send, the message is said once; between send and mark is the only time for a second", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: Date.now() });
  const never = new Promise<void>(() => {});
  const crashes: [string, number, () => void][] = [
    ["before it is said", 1, () => (channel = () => never)],
    [
      "when it was said",
      2,
      () => {
        const claimed = deliveries;
        claimed.markDelivered = () => never;
      },
    ],
  ];
  for (const [when, times, crash] of crashes) {
    forget();
    said = [];
    channel = async (text) => void said.push(text);
    crash();
    delivery.deliver(event()).catch(() => {}); // this instance is never heard of again
    await settled();
    channel = async (text) => void said.push(text);
    deliveries = new TestDeliveries(deliveries.memory);
    const next = instance();
    deferred = [];
    await next.deliver(event());
    assert.equal(deferred[0]?.retryAfter, 60, when);
    t.mock.timers.tick(60_000);
    await next.deliver(event());
    await next.deliver(event());
    assert.equal(said.length, times, when);
    assert.deepEqual([deliveries.rows[0]?.status, deliveries.rows[0]?.tries], ["delivered", 2]);
  }
});

test("while the table is out of reach nothing is said, and the function hears of it", async () => {
  deliveries.memory.failure = new TableUnreachableError("table deliveries: gone");
  await assert.rejects(delivery.deliver(event()), TableUnreachableError);
  deliveries.memory.failure = undefined;
  await delivery.deliver(event());
  assert.equal(said.length, 1);
});

test("what was said, and could not be recorded, is not said again by this instance, and is recorded later", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: Date.now() });
  for (const [status, expected] of [
    [undefined, "delivered"],
    [403, "failed"],
  ] as const) {
    forget();
    [said, poisoned] = [[], []];
    channel = async (text) => {
      deliveries.memory.failure = new TableUnreachableError("table deliveries: gone");
      if (status) throw answer(status);
      said.push(text);
    };
    await delivery.deliver(event());
    for (let minute = 0; minute < 5; minute++) {
      for (let i = 0; i < 60; i++) {
        t.mock.timers.tick(1_000);
        await settled();
      }
      await delivery.deliver(event());
    }
    assert.match(logged(), /"event":"not recorded","id":"1","reason":"TableUnreachableError: table deliveries: gone"/);
    assert.equal(deliveries.rows[0]?.status, "claimed");
    deliveries.memory.failure = undefined;
    for (let i = 0; i < 60; i++) {
      t.mock.timers.tick(1_000);
      await settled();
    }
    assert.equal(deliveries.rows[0]?.status, expected);
    await delivery.deliver(event());
    assert.deepEqual([said.length, poisoned.length], status ? [0, 1] : [1, 0]);
  }
});

test("a row tells when the message reached the bot, and when the channel took it, and for which conversation", async () => {
  const before = new Date();
  await delivery.deliver(event());
  const [row] = deliveries.rows;
  assert.ok(row?.receivedAt && row.sentAt);
  assert.ok(before <= row.receivedAt && row.receivedAt <= row.sentAt && row.sentAt <= new Date());
  assert.equal(row.conversation, "c");
  assert.doesNotMatch(JSON.stringify(deliveries.rows), /hello/);
});

test("a send that failed is tried anew", async () => {
  channel = () => Promise.reject(new Error("no token"));
  await assert.rejects(delivery.deliver(event()), /no token/);
  channel = async (text) => void said.push(text);
  await delivery.deliver(event());
  assert.equal(said.length, 1);
});

test("the log holds ids and reasons, never what was said", async () => {
  for (const status of [undefined, 403, 429]) {
    forget();
    if (status) channel = () => Promise.reject(answer(status));
    await delivery.deliver(event({ relatesTo, text: "ulterior" }));
  }
  await delivery.deliver(event({ relatesTo: { ...relatesTo, channelId: "ulterior" }, text: "ulterior" }, "2"));
  await delivery.deliver(event("ulterior", "3"));
  assert.equal(log.mock.callCount(), 5);
  assert.doesNotMatch(logged() + JSON.stringify(deliveries.rows), /ulterior/);
});

const card = {
  contentType: "application/vnd.microsoft.card.adaptive",
  content: { type: "AdaptiveCard", version: "1.3" },
};

test("a message's attachments are said in one activity, with its text where it has one", async () => {
  await delivery.deliver(event({ relatesTo, attachments: [card, card] }, "1"));
  await delivery.deliver(event({ relatesTo, text: "look", attachments: [card] }, "2"));
  await delivery.deliver(event({ relatesTo, text: "new", attachments: [card] }, "3"));
  assert.deepEqual(
    sent.map(({ type, text, attachments }) => [type, text, attachments]),
    [
      ["message", undefined, [card, card]],
      ["message", replies.proactiveText("look"), [card]],
      ["message", replies.proactiveText("new"), [card]],
    ],
  );
});

const tenantId = "72f988bf-86f1-41af-91ab-2d7cd011db47";
const objectId = "abcdef00-1111-4222-8333-444444444444";
const to = { channelId: "msteams", userId: objectId, tenantId };

/** What Teams tells the bot of a user. */
async function teamsReports(fields: object = {}): Promise<void> {
  const activity = {
    type: "message",
    id: "7",
    channelId: "msteams",
    serviceUrl: "https://smba.example/emea/",
    from: { id: "29:user", aadObjectId: objectId },
    recipient: { id: "28:bot" },
    conversation: { id: "a:own", conversationType: "personal", tenantId },
    ...fields,
  };
  await new References(references).follow(activity as unknown as Activity);
}

test("a message for a user goes to the newest conversation in which the bot is alone with them, by either id", async () => {
  await teamsReports({ conversation: { id: "a:older" } });
  await new Promise((resolve) => setTimeout(resolve, 2));
  await teamsReports();
  await new Promise((resolve) => setTimeout(resolve, 2));
  await teamsReports({ conversation: { id: "19:group", isGroup: true } });
  await teamsReports({ from: { id: "29:other" }, conversation: { id: "a:other" } });
  for (const userId of ["29:user", objectId, objectId.toUpperCase()]) {
    forget();
    resumed = [];
    await delivery.deliver(event({ to: { channelId: "msteams", userId }, text: "hello" }, userId));
    const [{ reference } = { reference: {} }] = resumed;
    assert.equal((reference as ConversationReference).conversation.id, "a:own", userId);
    assert.equal(deliveries.rows[0]?.conversation, "a:own");
  }
  assert.deepEqual([opened, said.length], [[], 3]);
});

test("with a Teams user who never wrote a conversation is opened once, and kept", async () => {
  await delivery.deliver(event({ to, text: "hello" }, "1"));
  const user = { id: objectId, aadObjectId: objectId };
  const parameters = { isGroup: false, bot: { id: "28:the app id" }, members: [user], tenantId };
  assert.deepEqual(opened, [
    {
      serviceUrl: "https://smba.example/teams/",
      parameters: { ...parameters, channelData: { tenant: { id: tenantId } } },
    },
  ]);
  const reference = {
    channelId: "msteams",
    serviceUrl: "https://smba.example/teams/",
    conversation: { id: "a:opened", tenantId, conversationType: "personal", isGroup: false },
    user,
    bot: { id: "28:the app id" },
  };
  assert.deepEqual(resumed[0]?.reference, reference);
  assert.deepEqual([deliveries.rows[0]?.status, deliveries.rows[0]?.conversation], ["delivered", "a:opened"]);
  assert.equal(references.rows[0]?.reference, JSON.stringify(reference));
  await delivery.deliver(event({ to, text: "again" }, "2"));
  assert.deepEqual([opened.length, said.length], [1, 2]);
  await delivery.deliver(
    event({ to: { ...to, userId: "29:x", serviceUrl: "https://gcc.example/teams" }, text: "x" }, "3"),
  );
  assert.equal(opened[1]?.serviceUrl, "https://gcc.example/teams");
});

test("who was written to first and then writes is one user, not two", async () => {
  await delivery.deliver(event({ to, text: "hello" }));
  await teamsReports({ conversation: { id: "a:opened", conversationType: "personal", tenantId } });
  assert.deepEqual(
    references.rows.map(({ userId }) => userId),
    ["29:user"],
  );
  await delivery.deliver(event({ to, text: "again" }, "2"));
  const { reference } = resumed[1] ?? {};
  assert.equal((reference as ConversationReference | undefined)?.user?.id, "29:user");
});

test("who was written to first is one user, in whatever case their object id came", async () => {
  await delivery.deliver(event({ to: { ...to, userId: objectId.toUpperCase() }, text: "hello" }));
  await teamsReports({ conversation: { id: "a:opened", conversationType: "personal", tenantId } });
  assert.deepEqual(
    references.rows.map(({ userId }) => userId),
    ["29:user"],
  );
});

test("one of many is not said to a user by their id either, once they have opted out", async () => {
  const own = { channelId: "msteams", serviceUrl: "https://smba.example/emea/", conversation: { id: "a:own" } };
  const from = { id: "29:user", aadObjectId: objectId };
  await teamsReports();
  await new OptOuts(references).answer(
    { type: "message", ...own, from, recipient: { id: "28:bot" } } as unknown as Activity,
    "stop",
  );
  for (const userId of ["29:user", objectId]) {
    await delivery.deliver(event({ to: { ...to, userId }, text: "to all", broadcast: true }, userId));
    assert.deepEqual([said, deliveries.rows.find(({ id }) => id === userId)?.status], [[], "cancelled"]);
  }
  await delivery.deliver(event({ to, text: "to one" }, "3"));
  assert.equal(said.length, 1);
});

test("a crash between opening and saying neither loses the message nor says it twice", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: Date.now() });
  openConversation = () => new Promise(() => {});
  delivery.deliver(event({ to, text: "hello" })).catch(() => {}); // this instance is never heard of again
  await settled();
  openConversation = async () => "a:opened";
  t.mock.timers.tick(60_000);
  await instance().deliver(event({ to, text: "hello" }));
  await instance().deliver(event({ to, text: "hello" }));
  assert.deepEqual([opened.length, said.length, deliveries.rows[0]?.status], [2, 1, "delivered"]);
});

test("what keeps a conversation from being opened is told in words; only what may pass is tried again", async () => {
  const refused = (status: number, code: string, message: string) =>
    Object.assign(answer(status, {}, code), { details: { error: { code, message } } });
  const cases: [Error, RegExp, "deferred" | "failed"][] = [
    [
      refused(403, "ForbiddenOperationException", "Bot is not installed in user's personal scope"),
      /^The app is not installed for this user: they or an administrator must install it \(docs\/reach\.md\) \(the channel answered 403 Forb/,
      "failed",
    ],
    [
      refused(400, "BadSyntax", "Invalid user identity in provided tenant"),
      /^Teams knows no such user in this tenant \(/,
      "failed",
    ],
    [
      refused(403, "InvalidBotApiHost", "Invalid bot api host."),
      /smba\.infra\.gcc\.teams\.microsoft\.com\/teams/,
      "failed",
    ],
    [refused(400, "BadArgument", "Failed to decrypt pairwise id"), /^Teams could not read its own id \(/, "deferred"],
    [
      refused(401, "BotNotRegistered", "No registration found for this bot."),
      /^The channel does not accept/,
      "deferred",
    ],
    [answer(429), /^The channel is being sent too many messages/, "deferred"],
    [new ForbiddenServiceError("serviceUrl x is not on the allow-list"), /allow-list/, "failed"],
  ];
  for (const [failure, words, outcome] of cases) {
    forget();
    [deferred, poisoned] = [[], []];
    openConversation = () => Promise.reject(failure);
    await delivery.deliver(event({ to, text: "hello" }));
    assert.match(deliveries.rows[0]?.reason ?? "", words);
    assert.deepEqual([deferred.length, poisoned.length], outcome === "deferred" ? [1, 0] : [0, 1], failure.message);
  }
  assert.deepEqual([said, references.rows], [[], []]);
});

test("a user of whom the bot has not heard, and cannot write to first, fails at once with what to do", async () => {
  const cases: [object, RegExp][] = [
    [
      { channelId: "msteams", userId: "29:user" },
      /channel msteams: with their Microsoft Entra tenant in to\.tenantId it can/,
    ],
    [{ channelId: "slack", userId: "U1", tenantId }, /channel slack: on this channel the user must write first\.$/],
  ];
  for (const [to, words] of cases) {
    forget();
    poisoned = [];
    await delivery.deliver(event({ to, text: "hello" }));
    assert.deepEqual([deliveries.rows[0]?.status, poisoned.length], ["failed", 1]);
    assert.match(deliveries.rows[0]?.reason ?? "", words);
  }
  assert.deepEqual([opened, said], [[], []]);
});

test("messages for a user and for their conversation are said one after another", async () => {
  await teamsReports();
  let finish = () => {};
  channel = (text) => new Promise((resolve) => (finish = () => resolve(void said.push(text))));
  const own = { channelId: "msteams", conversation: { id: "a:own" }, serviceUrl: "https://smba.example/emea/" };
  const first = delivery.deliver(event({ relatesTo: own, text: "first" }, "1"));
  await settled();
  const second = delivery.deliver(event({ to, text: "second" }, "2"));
  await settled();
  channel = async (text) => void said.push(text);
  await settled();
  assert.equal(said.length, 0);
  finish();
  await Promise.all([first, second]);
  assert.deepEqual(said, ["first", "second"].map(replies.proactiveText));
});

test("replies.ts decides whether a proactive text is said with a sentence before it, or as it is written", async (t) => {
  const { proactiveText } = replies;
  t.mock.method(replies, "proactiveText", (text: string) => `Before it: ${text}`);
  await delivery.deliver(event(undefined, "1"));
  t.mock.method(replies, "proactiveText", (text: string) => text);
  await delivery.deliver(event(undefined, "2"));
  t.mock.method(replies, "proactiveText", proactiveText);
  await delivery.deliver(event(undefined, "3"));
  assert.deepEqual(said, ["Before it: hello", "hello", proactiveText("hello")]);
});

test("a bot without dialogs says a keyword's text, and sets a message with a dialog aside", async () => {
  await delivery.deliver(event({ relatesTo, text: "new", dialog: null }, "1"));
  assert.deepEqual(said, [replies.proactiveText("new")]);
  await delivery.deliver(event({ relatesTo, text: "new", dialog: "" }, "2"));
  assert.deepEqual([said.length, poisoned.length], [1, 1]);
  assert.match(
    deliveries.rows[1]?.reason ?? "",
    /^The message is not valid: dialog is not known: this bot has no dialogs$/,
  );
});
