import assert from "node:assert/strict";
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import { after, before, beforeEach, test } from "node:test";
import { openEvent, type SignedEvent, signEvent } from "../../../core/message/signed-event";
import { HttpTransport } from "../../../function/forward/http";
import { TransportError } from "../../../function/forward/transport";
import { freePort, listen, stop } from "../../../local/listen";

const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const event = signEvent('{"text":"ulterior 漢😀"}', "an id", secret);

let server: Server;
let url: string;
let requests: { method?: string; path?: string; headers: IncomingHttpHeaders; body: string }[];
let answer: (response: ServerResponse) => void;

before(async () => {
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method, url: path, headers } = request;
    requests.push({ method, path, headers, body: Buffer.concat(chunks).toString() });
    answer(response);
  });
  url = `http://127.0.0.1:${await listen(server)}/api/notify`;
});
after(() => stop(server));
beforeEach(() => {
  requests = [];
  answer = respond(202, { id: "an id" });
});

function respond(status: number, body: unknown, headers: Record<string, string> = {}) {
  return (response: ServerResponse) => {
    response.writeHead(status, headers).end(typeof body === "string" ? body : JSON.stringify(body));
  };
}

/** The error that a try ends in. */
async function failure(address = url): Promise<TransportError> {
  const error = await new HttpTransport(address).send(event).catch((error) => error);
  assert(error instanceof TransportError, String(error));
  return error;
}

test("an event is posted as it was signed: its text is the body, its signature the headers", async () => {
  await new HttpTransport(url).send(event);
  const [{ method, path, headers, body } = { headers: {}, body: "" }] = requests;
  assert.deepEqual([method, path, headers["content-type"]], ["POST", "/api/notify", "application/json"]);
  assert.deepEqual(openEvent({ ...headers, Message: body } as unknown as SignedEvent, secret), event);
  assert.equal(requests.length, 1);
});

test("a message that the bot calls wrong is a final error, with the bot's reason", async () => {
  for (const status of [400, 413]) {
    answer = respond(status, { error: "dialog is not one of this bot's", field: "dialog" });
    const { isFinal, message } = await failure();
    assert.deepEqual([isFinal, message], [true, `The bot answered ${status} dialog is not one of this bot's`]);
  }
});

test("the same status from a proxy in front of the bot is not final, and its body is not repeated", async () => {
  for (const status of [400, 413]) {
    for (const body of ["", "<p>ulterior</p>", "null", '"ulterior"', '{"error":5}', '{"message":"ulterior"}']) {
      answer = respond(status, body);
      const { isFinal, message } = await failure();
      assert.deepEqual([isFinal, message], [false, `The bot answered ${status}`], body);
    }
  }
});

test("any other status is an error that can be retried, with the time of Retry-After", async () => {
  for (const status of [401, 403, 404, 429, 500, 502, 503]) {
    answer = respond(status, { error: "Unavailable" }, { "retry-after": "17" });
    const { name, ...error } = await failure();
    assert.deepEqual({ ...error }, { status, retryAfter: 17, isFinal: false });
  }
  answer = respond(503, "");
  assert.equal((await failure()).retryAfter, 0);
});

test("only 202 counts as success, and no redirect is followed with a signature", async () => {
  answer = respond(200, "<p>Your app is up and running</p>");
  assert.deepEqual([(await failure()).status, (await failure()).isFinal], [200, false]);
  requests = [];
  for (const status of [301, 307, 308]) {
    answer = respond(status, "", { location: `${url}/elsewhere` });
    assert.equal((await failure()).status, status);
  }
  assert.deepEqual(new Set(requests.map(({ path }) => path)), new Set(["/api/notify"]));
});

test("a bot that cannot be reached or hangs up is an error that can be retried", async () => {
  const unreachable = await failure(`http://127.0.0.1:${await freePort()}/api/notify`);
  assert.deepEqual([unreachable.status, unreachable.isFinal], [0, false]);
  assert.equal(unreachable.message, "The bot could not be reached: ECONNREFUSED");
  answer = (response) => response.destroy();
  assert.equal((await failure()).status, 0);
});

test("202 counts as success even when the rest of the answer is lost", async () => {
  answer = (response) => void response.writeHead(202).write("{", () => response.destroy());
  await new HttpTransport(url).send(event);
});

test("no error repeats the event", async () => {
  answer = respond(503, "");
  assert.doesNotMatch((await failure()).message, /ulterior|v1,/);
});
