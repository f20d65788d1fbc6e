import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, before, test } from "node:test";
import { EngineProject } from "../harness/engine-project";
import { RunningStack } from "../harness/running-stack";
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

const start = ["scripts/run.cjs", "local/start.ts", "--json", "--port", "0"];

let fork: EngineProject;
before(() => {
  fork = EngineProject.make();
  fork.append("infra/index.ts", changes);
});
after(() => fork?.remove());

test("npm start comes up after a change of infra/ that the local cloud has no body for, and one warning names all of it", async (t) => {
  const args = ["-c", 'cd "$0" && exec "$@"', fork.folder, process.execPath, ...start];
  const stack = await RunningStack.launch({ command: "sh", args });
  t.after(() => stack.stop());
  trustStack(stack);
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

test("--strict refuses the same change by name", () => {
  const options = { cwd: fork.folder, encoding: "utf8", timeout: 120_000 } as const;
  const { status, stderr } = spawnSync(process.execPath, [...start, "--strict"], options);
  assert.equal(status, 1, stderr);
  assert.match(stderr, /could not be made: The local cloud does not support /);
  assert.doesNotMatch(stderr, /Declared only/);
});
