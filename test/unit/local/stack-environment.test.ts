import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { backend, exportLines, writeStackFiles } from "../../../local/stack-environment";

const home = mkdtempSync(path.join(tmpdir(), "stack environment "));
after(() => rmSync(home, { recursive: true }));

test("a shell that reads the lines has every value as it is, and the folders before its own PATH", () => {
  const difficult = `it's "$HOME" \`x\` \\ *`;
  const lines = exportLines({ PLAIN: "file:///tmp/a-b", DIFFICULT: difficult, PATH: "not this" }, ["/a b", "/c"]);
  const { exports } = writeStackFiles(home, lines, {});
  const script = `. "$1"; printf '%s\\0' "$PLAIN" "$DIFFICULT" "$PATH"`;
  const said = execFileSync("sh", ["-c", script, "sh", exports], { encoding: "utf8", env: { PATH: "/usr/bin:/bin" } });
  assert.deepEqual(said.split("\0").slice(0, 3), ["file:///tmp/a-b", difficult, "/a b:/c:/usr/bin:/bin"]);
});

test("a value of the stack's configuration is in a file of its own, for nobody else to read", () => {
  const { config } = writeStackFiles(home, [], { cloud: '{"a":1}' });
  assert.equal(readFileSync(config.cloud ?? "", "utf8"), '{"a":1}');
  assert.equal(statSync(config.cloud ?? "").mode & 0o077, 0);
});

test("Pulumi's state is in the cloud's home, so that both end together", () => {
  const { PULUMI_BACKEND_URL = "", PULUMI_HOME = "" } = backend(home);
  assert.ok(statSync(PULUMI_BACKEND_URL.replace("file://", "")).isDirectory());
  for (const place of [PULUMI_BACKEND_URL, PULUMI_HOME]) assert.ok(place.replace("file://", "").startsWith(home));
});
