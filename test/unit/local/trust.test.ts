import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { makeCertificates } from "../../../local/certificates";
import { listen, stop } from "../../../local/listen";
import { trust } from "../../../local/trust";

test("a process can trust the authorities of several clouds", async (t) => {
  const home = mkdtempSync(path.join(tmpdir(), "trust-"));
  t.after(() => rmSync(home, { recursive: true }));
  for (let i = 0; i < 3; i++) {
    const { ca, cert, key } = await makeCertificates(home);
    trust(ca);
    const server = createServer({ cert, key }, (_request, response) => response.end("hello"));
    t.after(() => stop(server));
    const answer = await fetch(`https://127.0.0.1:${await listen(server)}`);
    assert.equal(await answer.text(), "hello");
  }
});
