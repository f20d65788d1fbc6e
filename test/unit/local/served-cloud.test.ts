import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { connect } from "node:tls";
import { cloud as cloudRow } from "../../../infra/clouds";
import { ServedCloud } from "../../../local/served-cloud";
import { EngineSide } from "../helpers/engine-side";

const quiet = { apps: "stand-in" as const, log: () => {} };
const getClientConfig = "azure-native:authorization:getClientConfig";

/** `azure-native:1,random:2` */
function ports({ env }: ServedCloud): Record<string, number> {
  const attached = env.PULUMI_DEBUG_PROVIDERS?.split(",").map((one) => one.split(":")) ?? [];
  return Object.fromEntries(attached.map(([name, port]) => [name, Number(port)]));
}

function engineOf(served: ServedCloud, provider = "azure-native"): EngineSide {
  return new EngineSide(ports(served)[provider] ?? 0);
}

/** Asks whether this cloud itself answers, at each of its addresses: others may listen on a port that it has left. */
function greeter(served: ServedCloud): () => Promise<boolean[]> {
  const { cloud, arm, directLine } = served;
  cloud.botService.register({ name: "greeter", appId: "app", endpoint: "https://127.0.0.1:1/" });
  const headers = { authorization: `Bearer ${cloud.botService.enableDirectLine("greeter").key}` };
  const providers = Object.values(ports(served)).map((port) => async () => {
    const engine = new EngineSide(port);
    const { subscriptionId } = await engine.invoke(getClientConfig, {}).finally(() => engine.close());
    return subscriptionId === cloud.subscriptionId;
  });
  const trusted = () => isOf(cloud.certificates.ca, Number(new URL(arm).port));
  const known = async () => (await fetch(`${directLine}/tokens/generate`, { method: "POST", headers })).ok;
  return () => Promise.all([...providers, trusted, known].map((greets) => greets().catch(() => false)));
}

/** Whether who listens there has a certificate of this authority. */
function isOf(ca: string, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, ca }, () => resolve(socket.authorized));
    socket.once("secureConnect", () => socket.destroy()).once("error", reject);
  });
}

test("it serves both providers, each as the version that the program's SDK calls for", async () => {
  const served = await ServedCloud.open(quiet);
  for (const name of ["azure-native", "random"]) {
    const engine = engineOf(served, name);
    assert.equal(await engine.version(), require(`@pulumi/${name}/package.json`).version);
    engine.close();
  }
  await served.close();
});

test("its configuration is a row of the program's table of clouds", async () => {
  const served = await ServedCloud.open(quiet);
  const { success } = cloudRow.safeParse(JSON.parse(served.config.cloud ?? ""));
  await served.close();
  assert.ok(success);
});

test("who trusts an authority already still does, and the cloud's too", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "authorities-"));
  const earlier = process.env.NODE_EXTRA_CA_CERTS;
  process.env.NODE_EXTRA_CA_CERTS = path.join(folder, "mine.pem");
  writeFileSync(process.env.NODE_EXTRA_CA_CERTS, "mine");
  const served = await ServedCloud.open(quiet);
  try {
    const text = readFileSync(served.env.NODE_EXTRA_CA_CERTS ?? "", "utf8");
    assert.equal(text, `mine\n${served.cloud.certificates.ca}`);
  } finally {
    if (earlier === undefined) delete process.env.NODE_EXTRA_CA_CERTS;
    else process.env.NODE_EXTRA_CA_CERTS = earlier;
    rmSync(folder, { recursive: true });
    await served.close();
  }
});

test("the plugin for the program's dynamic resources is on the PATH that it gives", async () => {
  const served = await ServedCloud.open(quiet);
  const folders = served.env.PATH?.split(path.delimiter) ?? [];
  await served.close();
  assert.ok(folders.some((folder) => existsSync(path.join(folder, "pulumi-resource-pulumi-nodejs"))));
});

test("two clouds in one process do not meet", async () => {
  const [one, other] = await Promise.all([ServedCloud.open(quiet), ServedCloud.open(quiet)]);
  const engines = [one, other].map((served) => engineOf(served));
  const [a, b] = await Promise.all(engines.map((engine) => engine.invoke(getClientConfig, {})));
  assert.equal(a?.subscriptionId, one.cloud.subscriptionId);
  assert.equal(b?.subscriptionId, other.cloud.subscriptionId);
  assert.notEqual(a?.subscriptionId, b?.subscriptionId);
  for (const engine of engines) engine.close();
  await Promise.all([one.close(), other.close()]);
});

test("a test can put something between engine and cloud", async () => {
  const asked: string[] = [];
  const served = await ServedCloud.open({
    ...quiet,
    around(provider) {
      const invoke = provider.invoke.bind(provider);
      provider.invoke = (token, args) => {
        asked.push(token);
        return invoke(token, args);
      };
      return provider;
    },
  });
  const engine = engineOf(served);
  await engine.invoke(getClientConfig, {});
  engine.close();
  await served.close();
  assert.deepEqual(asked, [getClientConfig]);
});

test("closed, it leaves no folder and no port", async () => {
  const served = await ServedCloud.open(quiet);
  const greet = greeter(served);
  assert.deepEqual(await greet(), [true, true, true, true]);
  await served.close();
  assert.deepEqual(await greet(), [false, false, false, false]);
  assert.ok(!existsSync(served.home));
});

test("when the port that was asked for is taken, it says so and leaves nothing behind", async (t) => {
  const first = await ServedCloud.open(quiet);
  t.after(() => first.close());
  const port = Number(new URL(first.directLine).port);
  const home = mkdtempSync(path.join(tmpdir(), "served-"));
  await assert.rejects(ServedCloud.open({ ...quiet, port, home }), /Port \d+ is in use/);
  assert.ok(!existsSync(home));
});
