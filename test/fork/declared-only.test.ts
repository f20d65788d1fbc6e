import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { sendMessage } from "../../local/send-message";
import { talk } from "../flow/talk";
import { EngineProject } from "../harness/engine-project";
import { eventually } from "../harness/eventually";
import { type RunningStack, startCheckout } from "../harness/running-stack";
import { trustStack } from "../harness/trust-stack";

/** Changes of a fork's program that the local cloud has no body for: a type, another provider, an input, a function. */
const changes = `
import * as redis from "@pulumi/azure-native/redis";
import { StorageAccount } from "@pulumi/azure-native/storage";
import { RandomPassword } from "@pulumi/random";

const password = new RandomPassword("password", { length: 20 });
const sku = { name: "Basic", family: "C", capacity: 0 };
const cache = new redis.Redis("cache", { resourceGroupName: group.name, sku, tags: { admin: password.result } });
redis.listRedisKeysOutput({ resourceGroupName: group.name, name: cache.name });
const account = { kind: "StorageV2", sku: { name: "Standard_LRS" }, allowSharedKeyAccess: false };
new StorageAccount("archive", { resourceGroupName: group.name, ...account, accessTier: "Cool" });
`;

/** A dialog with an error in its seventh line. */
const faultyDialog = `import type { Dialog } from "./engine/dialog";

export const faulty: Dialog = {
  name: "faulty",
  title: "a dialog with an error",
  begin() {
    return JSON.parse("<html>");
  },
  answer: () => "ended",
  repeat() {},
};
`;

let fork: EngineProject;
let stack: RunningStack;
before(async () => {
  fork = EngineProject.make();
  fork.append("infra/index.ts", changes);
  addDialog("faulty", faultyDialog);
  stack = await startCheckout(fork.folder);
  trustStack(stack);
});
after(async () => {
  await stack?.stop();
  fork?.remove();
});

function addDialog(name: string, code: string): void {
  const folder = path.join(fork.folder, "bot/dialogs");
  writeFileSync(path.join(folder, `${name}.ts`), code);
  const index = readFileSync(path.join(folder, "index.ts"), "utf8");
  const registered = `import { ${name} } from "./${name}";\n${index.replace(/\n\];/, `\n  ${name},\n];`)}`;
  writeFileSync(path.join(folder, "index.ts"), registered);
}

test("npm start comes up after a change of infra/ that the local cloud has no body for, and one warning names all of it", async () => {
  const { bot, function: functionApp } = stack.description.local;
  for (const app of [bot, functionApp]) assert.equal((await fetch(`${app}/readyz`)).status, 200);
  const warnings = stack
    .stderr()
    .split(/^(?=Declared only)/m)
    .slice(1);
  assert.equal(warnings.length, 1);
  const [head, ...things] = warnings[0]?.split("\n\n")[0]?.split("\n") ?? [];
  assert.equal(head, "Declared only, nothing here stands behind it (docs/local.md says how to give it a body):");
  assert.deepEqual(things.map((thing) => thing.trim()).sort(), [
    'azure-native:redis:Redis "cache"',
    'azure-native:storage:StorageAccount "archive": accessTier',
    'random:index/randomPassword:RandomPassword "password"',
    "the function azure-native:redis:listRedisKeys",
  ]);
});

test("the log names the file and the line of an error in a dialog, with the calls that led to it", async () => {
  const client = await talk(stack);
  const { outputs, local } = stack.description;
  const relatesTo = {
    channelId: "directline" as const,
    serviceUrl: local.directLine.serviceUrl,
    conversation: { id: client.conversationId },
    bot: { id: String(outputs.botName) },
  };
  await sendMessage(stack.description, { relatesTo, text: "", dialog: "faulty" });
  const lines = await eventually("the log has the error", () => {
    const all = stack.stderr().split("\n");
    const at = all.findIndex((line) => line.includes("request failed") && line.includes("SyntaxError"));
    return at >= 0 && all.length > at + 4 && all.slice(at, at + 5);
  });
  client.close();
  const [summary = "", ...calls] = lines;
  assert.match(
    summary,
    /^bot +\| \S+ \[error\] request failed path=\/api\/messages status=500 reason=SyntaxError: .*JSON/,
  );
  assert.equal(calls[0], "bot      |     at JSON.parse (<anonymous>)");
  assert.match(calls[1] ?? "", /^bot +\| +at \S*begin \(bot\/dialogs\/faulty\.ts:7:17\)$/);
  assert.match(calls[2] ?? "", /^bot +\| +at .*bot\/dialogs\/engine\/\S+\.ts:\d+:\d+/);
});

test("--strict refuses the same change of infra/ by name", () => {
  const options = { cwd: fork.folder, encoding: "utf8", timeout: 120_000 } as const;
  const args = ["scripts/run.cjs", "local/start.ts", "--json", "--port", "0", "--strict"];
  const { status, stderr } = spawnSync(process.execPath, args, options);
  assert.equal(status, 1, stderr);
  assert.match(stderr, /could not be made: The local cloud does not support /);
  assert.doesNotMatch(stderr, /Declared only/);
});
