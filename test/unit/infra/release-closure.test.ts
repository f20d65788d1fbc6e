import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { Release } from "../../../infra/deploy/release/release";
import { armToken, oldVersion, type Stub, token, version, wellBehaved, withStub } from "./release-stub";

const root = join(__dirname, "../../..");
/** It goes into the stack's state with every release, twice. */
const maxBytes = 36_000;
/** The key and value by which Pulumi marks a secret on the wire. */
const secretMark = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };

interface Registered {
  type: string;
  inputs: Record<string, unknown>;
}

/** What the engine would be told when a program makes this release. */
async function register(app: Stub["app"]): Promise<Registered> {
  const registered: Registered[] = [];
  await pulumi.runtime.setMocks({
    newResource: (args) => {
      registered.push({ type: args.type, inputs: args.inputs });
      return { id: "id", state: {} };
    },
    call: () => ({}),
  });
  await pulumi.runtime.runInPulumiStack(async () => {
    new Release("bot", app);
  });
  await pulumi.runtime.disconnect();
  const release = registered.find((one) => one.type === "pulumi-nodejs:dynamic:Resource");
  assert.ok(release, "the release is registered as a dynamic resource");
  return release;
}

/** The provider as the dynamic provider's process makes it from the text. */
function evaluate(text: string): pulumi.dynamic.ResourceProvider {
  const module = { exports: {} as { handler: () => pulumi.dynamic.ResourceProvider } };
  new Function("module", "exports", "require", text)(module, module.exports, createRequire(__filename));
  return module.exports.handler();
}

async function createAndUpdate(text: string): Promise<void> {
  assert.ok(Buffer.byteLength(text) < maxBytes, `${Buffer.byteLength(text)} bytes`);
  for (const secret of [token, armToken]) assert.ok(!text.includes(secret));
  const provider = evaluate(text);
  await withStub(wellBehaved, async ({ app, count }) => {
    const created = await provider.create(app);
    assert.deepEqual(created, { id: "bot-abc", outs: { site: "bot-abc", kind: "web", version } });
    const updated = await provider.update?.("bot-abc", { ...created.outs, version: oldVersion }, app);
    assert.deepEqual(updated?.outs, created.outs);
    assert.equal(count("POST /api/publish"), 2);
    assert.equal(provider.delete, undefined);
  });
}

test("the provider works after serialization, is small and contains no token", async (t) => {
  t.mock.method(console, "log", () => {});
  await withStub(wellBehaved, async ({ app }) => {
    const { inputs } = await register(app);
    const text = String(inputs.__provider);
    t.diagnostic(`${Buffer.byteLength(text)} bytes`);
    await createAndUpdate(text);
    assert.deepEqual(inputs.tokens, { ...secretMark, value: app.tokens });
  });
});

test("the provider works after serialization when Pulumi's own TypeScript loader compiled it", async (t) => {
  const script = `
    const { tsnodeRequire, typescriptRequire } = require("@pulumi/pulumi/tsutils").typeScriptRequireStrings();
    require(tsnodeRequire).register({ compiler: typescriptRequire, transpileOnly: true });
    const { releaseProvider } = require("./infra/deploy/release/release.ts");
    require("@pulumi/pulumi").runtime.serializeFunction(() => releaseProvider).then(({ text }) => process.stdout.write(text));`;
  const text = execFileSync(process.execPath, ["-e", script], { cwd: root, encoding: "utf8" });
  t.diagnostic(`${Buffer.byteLength(text)} bytes`);
  t.mock.method(console, "log", () => {});
  await createAndUpdate(text);
});
