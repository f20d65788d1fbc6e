import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { listen, stop } from "../../../local/listen";

test("an idle connection is the client's to end: the server names no time after which it would", async () => {
  const server = createServer((_request, response) => void response.end());
  const { headers } = await fetch(`http://127.0.0.1:${await listen(server)}/`);
  assert.equal(headers.get("connection"), "keep-alive");
  assert.equal(headers.get("keep-alive"), null, "Node's own server says timeout=5");
  await stop(server);
});
