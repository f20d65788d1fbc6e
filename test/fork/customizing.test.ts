import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { talk } from "../flow/talk";
import { EngineProject } from "../harness/engine-project";
import { runCli } from "../harness/run-cli";
import { type RunningStack, startCheckout } from "../harness/running-stack";
import { trustStack } from "../harness/trust-stack";
import { applyBlocks, type Block, blocksOf, headingsOf } from "../harness/walkthrough";

const page = readFileSync(path.resolve(__dirname, "../../docs/customizing.md"), "utf8");
const removals = headingsOf(page).filter((heading) => heading.startsWith("Remove"));
const changes = headingsOf(page).filter((heading) => !removals.includes(heading));

/** Saves the download of Web Chat, which a copy of the repository has not cached. */
const noChatPage = ["--config", "webChat=false"];

/** The words of the commands in a section that begin so, each without that beginning. */
function commands(blocks: Block[], beginning: string): string[][] {
  const lines = blocks.filter(({ language }) => language === "sh").flatMap(({ text }) => text.trim().split("\n"));
  const own = lines.filter((line) => line.startsWith(beginning));
  return own.map((line) => line.slice(beginning.length).trim().split(" "));
}

function typeCheck({ folder }: EngineProject): void {
  const tsc = require.resolve("typescript/bin/tsc");
  execFileSync(process.execPath, [tsc], { cwd: folder, encoding: "utf8", stdio: "pipe" });
}

test("all changes of docs/customizing.md work together", async (t) => {
  const project = EngineProject.make();
  let stack: RunningStack | undefined;
  t.after(async () => {
    await stack?.stop();
    project.remove();
  });
  const blocks = changes.flatMap((heading) => blocksOf(page, heading));
  for (const args of commands(blocks, "npm pkg")) execFileSync("npm", ["pkg", ...args], { cwd: project.folder });
  applyBlocks(project.folder, blocks);
  typeCheck(project);

  const settings = commands(blocks, "npm start -- ").flat();
  for (const [key, value] of commands(blocks, "pulumi config set --secret"))
    settings.push("--config", `${key}=${value}`);
  stack = await startCheckout(project.folder, [...noChatPage, ...settings]);
  trustStack(stack);
  const { outputs, local } = stack.description;
  assert.match(String(outputs.botName), /^course-bot[0-9a-f]{8}$/);

  const client = await talk(stack);
  await client.say("When is the next lesson?");
  await client.waitFor(({ text }) => text === "On Monday at nine.");
  await client.say("hello");
  await client.waitFor(({ text }) => text === "hello");
  for (const [command = "", ...rest] of commands(blocks, "npm run cli --")) {
    const args = rest.map((word) => (word === "ID" ? client.conversationId : word));
    const { code, stderr } = await runCli(stack.description, [command, ...args], project);
    assert.equal(code, 0, stderr);
  }
  await client.waitFor(({ text }) => text === "Was the lesson useful?\n\n1. Yes\n2. No");
  client.close();

  const help = await fetch(`${local.bot}/api/help`);
  assert.deepEqual(await help.json(), { address: "ada@example.com" });
  assert.match(stack.stderr(), /azure-native:storage:BlobContainer "course-bot-reports"/);
});

test("the dialogs can be removed as docs/customizing.md says", async (t) => {
  const project = EngineProject.make();
  t.after(() => project.remove());
  const blocks = blocksOf(page, "Remove the dialogs");
  for (const args of commands(blocks, "rm ")) execFileSync("rm", args, { cwd: project.folder });
  applyBlocks(project.folder, blocks);
  execFileSync("rm", ["-r", "test", "bench"], { cwd: project.folder });
  typeCheck(project);

  const stack = await startCheckout(project.folder, noChatPage);
  t.after(() => stack.stop());
  trustStack(stack);
  const client = await talk(stack);
  await client.say("new");
  await client.waitFor(({ text }) => text?.endsWith("back from the trigger! new") ?? false);
  client.close();
});
