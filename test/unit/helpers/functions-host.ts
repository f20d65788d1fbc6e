import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { bundleFunctionsHost } from "../../../local/functions-host-bundle";
import type { TestQueues } from "./azurite";

const repository = resolve(__dirname, "../../..");
const folders: string[] = [];
const hosts: TestHost[] = [];

/** Bundles the host into one file, as the local cloud does. */
export async function bundleHost(): Promise<string> {
  const { bundled, start } = bundleFunctionsHost(temporaryFolder("host"));
  await bundled;
  const [file = ""] = start("");
  return file;
}

export const hostJson = {
  version: "2.0",
  extensionBundle: { id: "Microsoft.Azure.Functions.ExtensionBundle", version: "[4.*, 5.0.0)" },
  extensions: { queues: { maxPollingInterval: "00:00:00.2" } },
};

/** Writes a little function app; `source` may use `app` (of `@azure/functions`) and `say(context, object)`. */
export function writeApp(source: string, files: Record<string, unknown> = {}): string {
  const folder = temporaryFolder("app");
  symlinkSync(join(repository, "node_modules"), join(folder, "node_modules"), "dir");
  const prelude = `const { app } = require("@azure/functions");
    const say = (context, object) => context.log("SAID " + JSON.stringify(object));
    const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));\n`;
  const all = { "package.json": { main: "index.js" }, "host.json": hostJson, "index.js": prelude + source, ...files };
  for (const [name, content] of Object.entries(all)) {
    if (content !== undefined)
      writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
  }
  return folder;
}

/** host.json with other queue settings. */
export function withQueues(queues: object): object {
  return { ...hostJson, extensions: { queues: { ...hostJson.extensions.queues, ...queues } } };
}

/** The settings of an app whose storage is the test's (or of one that has none). */
export function settings(
  queues: TestQueues | undefined,
  more: Record<string, string | undefined> = {},
): NodeJS.ProcessEnv {
  return {
    FUNCTIONS_WORKER_RUNTIME: "node",
    FUNCTIONS_EXTENSION_VERSION: "~4",
    PORT: "0",
    IDENTITY_ENDPOINT: queues?.identity.endpoint ?? "http://127.0.0.1:1/token",
    IDENTITY_HEADER: queues?.identity.header ?? "secret",
    NODE_EXTRA_CA_CERTS: queues?.caFile,
    AzureWebJobsStorage__queueServiceUri: queues?.serviceUri ?? "https://127.0.0.1:1/account",
    AzureWebJobsStorage__credential: "managedidentity",
    AzureWebJobsStorage__clientId: queues?.identity.clientId ?? "client",
    ...more,
  };
}

/** The host as a child process, with what it printed. */
export class TestHost {
  readonly lines: string[] = [];
  readonly child: ChildProcess;
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;

  constructor(bundle: string, content: string, env: NodeJS.ProcessEnv, leaseSeconds?: number) {
    const lease = leaseSeconds === undefined ? [] : ["--lease-seconds", String(leaseSeconds)];
    this.child = fork(bundle, ["--content", content, ...lease], {
      env,
      execArgv: [],
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    this.exited = once(this.child, "close").then(([code, signal]) => ({ code, signal }));
    for (const stream of [this.child.stdout, this.child.stderr]) {
      if (stream) createInterface({ input: stream }).on("line", (line) => this.lines.push(line));
    }
    hosts.push(this);
  }

  async ready(): Promise<this> {
    await Promise.race([
      once(this.child, "message"),
      this.exited.then(({ code }) =>
        Promise.reject(new Error(`The host ended with ${code}:\n${this.lines.join("\n")}`)),
      ),
    ]);
    return this;
  }

  /** What the app said so far. */
  get said(): unknown[] {
    return this.lines.flatMap((line) => (line.startsWith("[info] SAID ") ? [JSON.parse(line.slice(12))] : []));
  }

  get url(): string {
    return this.lines.map((line) => /Listening on (\S+)/.exec(line)?.[1]).find(Boolean) ?? "";
  }

  async stop(): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    this.child.kill("SIGTERM");
    return this.exited;
  }
}

/** Polls until a condition holds; fails with the given words after a minute. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 60_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`Waited in vain until ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Ends what the tests left. */
export async function cleanUp(): Promise<void> {
  for (const host of hosts) {
    if (host.child.exitCode === null && host.child.signalCode === null) host.child.kill("SIGKILL");
    await host.exited;
  }
  for (const folder of folders) rmSync(folder, { recursive: true });
}

function temporaryFolder(kind: string): string {
  const folder = mkdtempSync(join(tmpdir(), `functions-host-${kind}-`));
  folders.push(folder);
  return folder;
}
