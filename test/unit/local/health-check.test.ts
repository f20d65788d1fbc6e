import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { HealthCheck } from "../../../local/app-service/health-check";
import { listen, stop } from "../../../local/listen";

let status = 200;
const asked: (string | undefined)[] = [];
const app = createServer((request, response) => {
  asked.push(request.url);
  response.writeHead(status).end();
});
let port: number;
before(async () => {
  port = await listen(app);
});
after(() => stop(app));

test("an app is asked once a minute, and what is not well is said", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const said: string[] = [];
  const answered = () => new Promise((resolve) => setTimeout(resolve, 200));
  let running: number | undefined = port;
  const check = new HealthCheck({
    path: "/healthz",
    targets: () => (running ? [running] : []),
    log: (line) => said.push(line),
  });
  for (const next of [200, 503]) {
    status = next;
    t.mock.timers.tick(60_000);
    await answered();
  }
  assert.deepEqual(asked, ["/healthz", "/healthz"]);
  assert.deepEqual(said, ["Health check /healthz: 503"]);
  running = undefined;
  t.mock.timers.tick(60_000);
  check.close();
  running = port;
  t.mock.timers.tick(60_000);
  await answered();
  assert.equal(asked.length, 2, "nothing is asked where nothing runs, nor after the end");
});
