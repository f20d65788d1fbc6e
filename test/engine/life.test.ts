import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { childProcesses } from "../harness/child-processes";
import { type Step, summary } from "../harness/engine-events";
import { EngineStage } from "../harness/engine-stage";
import { names } from "../harness/names";
import { type PulumiStack, skipWithoutPulumi } from "../harness/pulumi";
import { roundTrip } from "./round-trip";

describe("the life of a stack", { skip: skipWithoutPulumi }, () => {
  let stage: EngineStage;
  let project: EngineStage["project"];
  let cloud: EngineStage["cloud"];
  let hand: EngineStage["hand"];
  let stack: PulumiStack;
  let previewed: Step[];
  let outputs: Record<string, string>;
  before(async () => {
    stage = await EngineStage.open();
    ({ project, cloud, hand } = stage);
    stack = await stage.stack("dev");
  });
  after(() => stage?.close());

  test("preview makes nothing", async () => {
    previewed = await stack.preview();
    assert.ok(summary(previewed).length > 40, "a preview of everything");
    assert.deepEqual(await hand.resources(), []);
    assert.deepEqual(childProcesses(cloud.pid), []);
  });

  test("up makes exactly the resources of the preview, and the bot answers", async () => {
    const made = await stack.up();
    assert.deepEqual(operations(made), operations(previewed));
    outputs = await stack.outputs();
    assert.equal(childProcesses(cloud.pid).length, 2);
    await roundTrip(outputs, "hello");
  });

  test("up again changes nothing", async () => {
    assert.deepEqual(await stack.up("--expect-no-changes"), []);
  });

  test("refresh finds no drift", async () => {
    assert.deepEqual(await stack.refresh("--expect-no-changes"), []);
  });

  test("a changed line of the bot's code changes the bot's release and nothing else", async () => {
    project.append("bot/index.ts", '\nconsole.log("one more line");\n');
    assert.deepEqual(summary(await stack.up()), [`update dynamic:Resource ${names.bot}-release`]);
    await roundTrip(outputs, "hello again");
  });

  test("a changed line of the function's code changes the function's release and nothing else", async () => {
    project.append("function/index.ts", '\nconsole.log("one more line");\n');
    assert.deepEqual(summary(await stack.preview()), [`update dynamic:Resource ${names.function}-release`]);
  });

  test("the exported state holds no secret in plain text", async () => {
    const secrets = [...secretsOf(JSON.parse(await stack.export("--show-secrets")))];
    const { webhookSecret = "" } = outputs;
    const bytes = Buffer.from(webhookSecret.replace("whsec_", ""), "base64");
    assert.equal(bytes.length, 32);
    const expected = { webhookSecret, base64: bytes.toString("base64"), hex: bytes.toString("hex") };
    for (const [form, secret] of Object.entries(expected)) assert.ok(secrets.includes(secret), `the webhook's ${form}`);
    assert.ok(secrets.some(isDirectLineKey), "Direct Line's key");
    assert.ok(secrets.filter(isToken).length >= 2, "the deployer's tokens");

    const state = await stack.export();
    assert.deepEqual(
      secrets.filter((secret) => state.includes(secret)),
      [],
    );
  });

  test("destroy leaves nothing", async () => {
    const urls = addresses(await stack.export());
    assert.ok(urls.length >= 5, "two apps, their SCM sites and a vault");
    for (const url of urls) await fetch(url); // they are there
    await stack.destroy();
    assert.deepEqual(await hand.resources(), []);
    assert.deepEqual(childProcesses(cloud.pid), []);
    for (const url of urls) await assert.rejects(fetch(url), isClosed, url);
    assert.equal(JSON.parse(await stack.export()).deployment.resources, undefined);
  });

  test("the vault of a destroyed stack can be recovered, and has its name", async () => {
    assert.deepEqual(
      (await hand.deletedVaults()).map(({ name }) => name.replace(/[0-9a-f]{8}$/, "")),
      [names.vault],
    );
  });

  test("up after destroy works", async () => {
    await stack.up();
    await roundTrip(await stack.outputs(), "hello once more");
  });
});

/** Once each: a component is told of when it is registered and when it is complete. */
function operations(steps: Step[]): string[] {
  return [...new Set(steps.map(({ op, urn }) => `${op} ${urn}`))].sort();
}

/** Where the stack's own apps and vault answer. */
function addresses(state: string): string[] {
  const resources: { type: string; outputs: Record<string, unknown> }[] = JSON.parse(state).deployment.resources;
  return resources.flatMap(({ type, outputs }) => {
    if (type === "azure-native:web:WebApp")
      return (outputs.hostNameSslStates as { name: string }[]).map(({ name }) => `https://${name}`);
    if (type === "azure-native:keyvault:Vault") return [(outputs.properties as { vaultUri: string }).vaultUri];
    return [];
  });
}

/** Whether nothing listens any more. Another reason, such as a foreign certificate, would say that something does. */
function isClosed(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ECONNREFUSED" || code === "ECONNRESET") return true;
  }
  return false;
}

/** Every text that Pulumi keeps as a secret: github.com/pulumi/pulumi, sdk/go/common/resource/sig */
function* secretsOf(value: unknown): Generator<string> {
  if (typeof value !== "object" || value === null) return;
  const { plaintext, ...others } = value as { plaintext?: string };
  if (plaintext !== undefined) yield* textsOf(JSON.parse(plaintext));
  for (const other of Object.values(others)) yield* secretsOf(other);
}

function* textsOf(value: unknown): Generator<string> {
  if (typeof value === "string") yield value;
  else if (typeof value === "object" && value !== null) for (const part of Object.values(value)) yield* textsOf(part);
}

function isToken(text: string): boolean {
  return /^eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+$/.test(text);
}

function isDirectLineKey(text: string): boolean {
  return /^[\w-]{11}\.[\w-]{43}$/.test(text);
}
