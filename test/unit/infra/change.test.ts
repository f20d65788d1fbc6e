import assert from "node:assert/strict";
import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type AppPackage, packageBot, packageFunction } from "../../../infra/deploy/package/app-package";
import { releaseProvider } from "../../../infra/deploy/release/release";
import { checkOut } from "../helpers/checkout";

type Packages = Record<"bot" | "function", AppPackage>;

const kinds = { bot: "web", function: "function" } as const;
let root: string;
let current: Packages;
before(async () => {
  root = await checkOut(join(await mkdtemp(join(tmpdir(), "change-")), "checkout"));
  current = await packages();
});
after(() => rm(join(root, ".."), { recursive: true }));

test("a changed line of the bot releases the bot only", async () => {
  assert.deepEqual(await releasedAfter("bot/index.ts"), ["bot"]);
});

test("a changed line of the function releases the function only", async () => {
  assert.deepEqual(await releasedAfter("function/index.ts"), ["function"]);
});

test("a changed line of what both use releases both", async () => {
  assert.deepEqual(await releasedAfter("core/promises.ts"), ["bot", "function"]);
});

/** Names of the apps whose release a next `pulumi up` would change after one more line in a file. */
async function releasedAfter(file: string): Promise<string[]> {
  const earlier = current;
  await appendFile(join(root, file), `console.log("one more line of ${file}");\n`);
  current = await packages();
  const released = [];
  for (const name of ["bot", "function"] as const) {
    const old = { site: name, kind: kinds[name], version: earlier[name].version };
    const { path, version } = current[name];
    const urls = { siteId: "", scmUrl: "", appUrl: "", resourceManager: "" };
    const tokens = { resourceManager: "new" };
    const next = { ...old, ...urls, version, package: path, tokens, timeoutSeconds: 1 };
    const diff = await releaseProvider.diff?.(name, old, next);
    assert.deepEqual(diff?.replaces, []);
    if (diff.changes) released.push(name);
    assert.equal(diff.changes, path !== earlier[name].path, "another version is another file");
  }
  return released;
}

async function packages(): Promise<Packages> {
  const [bot, fn] = await Promise.all([packageBot({ root }), packageFunction({ root })]);
  return { bot, function: fn };
}
