import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { findOrBuildPulumiCli } from "../../local/pulumi-cli/pulumi-cli";
import { comingBack } from "../flow/talk";
import { DirectLineClient } from "../harness/direct-line-client";
import { EngineStage } from "../harness/engine-stage";
import { eventually, patience } from "../harness/eventually";
import { skipWithoutPulumi } from "../harness/pulumi";

describe("npm run cli finds a stack through Pulumi", { skip: skipWithoutPulumi }, () => {
  let stage: EngineStage;
  let outputs: Record<string, string>;
  before(async () => {
    stage = await EngineStage.open();
    const stack = await stage.stack("dev");
    await stack.up();
    outputs = await stack.outputs();
  });
  after(() => stage?.close());

  /** `npm run cli` without npm, logged in to the local cloud. */
  async function run(args: string[], env: Record<string, string> = {}) {
    const { project, cloud } = stage;
    const { identity } = cloud.description;
    const cli = await findOrBuildPulumiCli(() => {});
    const child = spawn(process.execPath, ["scripts/run.cjs", "cli/index.ts", ...args], {
      cwd: project.folder,
      env: {
        ...process.env,
        ...cloud.description.env,
        PATH: [path.dirname(cli?.pulumi ?? ""), process.env.PATH].join(path.delimiter),
        PULUMI_HOME: project.home,
        PULUMI_BACKEND_URL: `file://${project.state}`,
        PULUMI_CONFIG_PASSPHRASE: "a passphrase of the tests",
        PULUMI_SKIP_UPDATE_CHECK: "true",
        TMPDIR: project.home, // no local stack of this machine is found there
        NO_PROXY: "127.0.0.1",
        IDENTITY_ENDPOINT: identity.endpoint,
        IDENTITY_HEADER: identity.header,
        AZURE_CLIENT_ID: identity.operatorClientId,
        ...env,
      },
    });
    const said = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"] as const)
      child[stream].setEncoding("utf8").on("data", (text: string) => {
        said[stream] += text;
      });
    const [code] = await once(child, "close");
    return { code, ...said };
  }

  /** Somebody opens the bot's own page. */
  async function meet(): Promise<DirectLineClient> {
    const answer = await fetch(`${outputs.webChatUrl}/api/directline/token`, { method: "POST" });
    const { domain, token, userId } = (await answer.json()) as { domain: string; token: string; userId: string };
    return DirectLineClient.open(domain, token, userId);
  }

  test("users and send work through its outputs", async () => {
    const client = await meet();
    await client.say("hello");
    await client.waitFor(2, patience);
    await eventually("the bot knows the user", async () => {
      const { code, stdout, stderr } = await run(["--stack", "dev", "users", "--json"]);
      assert.equal(code, 0, stderr);
      assert.match(stderr, /^Stack: dev$/m);
      return JSON.parse(stdout).users.some(({ userId }: { userId: string }) => userId === client.userId);
    });
    const { code, stderr } = await run([
      "--stack",
      "dev",
      "send",
      "--to",
      client.userId,
      "--text",
      "from outside",
      "--wait",
    ]);
    assert.equal(code, 0, stderr);
    await client.waitFor(({ text }) => text === comingBack("from outside"), patience);
    client.close();
  });

  test("a stack that does not exist, one that is not selected, and one that was never brought up", async () => {
    const unknown = await run(["--stack", "prod", "users"]);
    assert.equal(unknown.code, 1);
    assert.match(unknown.stderr, /^Pulumi says: no stack named 'prod' found/m);
    const unselected = await run(["users"]);
    assert.equal(unselected.code, 1);
    assert.match(unselected.stderr, /^No stack was found. Start one on this machine with "npm start"/m);
    await stage.stack("empty");
    const empty = await run(["--stack", "empty", "users"]);
    assert.equal(empty.code, 1);
    assert.match(empty.stderr, /^The stack empty has no output queueUrl: run "pulumi up"/m);
  });

  test("an unknown conversation is an error, and so is a missing login", async () => {
    const unknown = await run(["--stack", "dev", "send", "--conversation", "nobody's", "--text", "x"]);
    assert.equal(unknown.code, 1);
    assert.match(unknown.stderr, /^The bot does not know a conversation "nobody's"\. "users" lists/m);
    const loggedOut = await run(["--stack", "dev", "users"], { IDENTITY_HEADER: "wrong" });
    assert.equal(loggedOut.code, 1);
    assert.match(loggedOut.stderr, /^No Azure account is at hand: log in with "az login"/m);
  });
});
