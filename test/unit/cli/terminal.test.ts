import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { confirm, Progress } from "../../../cli/output/terminal";

const question = "This will reach 20 people. Send it?";

/** The result of an answer on a terminal. */
async function answered(answer: string): Promise<[isConfirmed: boolean, shown: string]> {
  const [input, output] = [Object.assign(new PassThrough(), { isTTY: true }), new PassThrough()];
  input.write(`${answer}\n`);
  const isConfirmed = await confirm(question, input, output);
  return [isConfirmed, String(output.read())];
}

test("only y and yes confirm", async () => {
  for (const yes of ["y", "Yes", " yes "]) assert.equal((await answered(yes))[0], true, yes);
  for (const no of ["", "n", "no", "yes please", "ja"]) assert.equal((await answered(no))[0], false, no);
  assert.match((await answered("y"))[1], /This will reach 20 people\. Send it\? \[y\/N\] /);
});

test("without a terminal the error says how to confirm", async () => {
  const input = Object.assign(new PassThrough(), { isTTY: false });
  await assert.rejects(confirm(question, input), {
    name: "UsageError",
    message: "This will reach 20 people. Send it? This question needs a terminal. Add --yes to confirm without one.",
  });
});

function setTerm(term: string | undefined): void {
  process.env.TERM = term;
  if (term === undefined) delete process.env.TERM;
}

function screen(isTTY: boolean) {
  const said: string[] = [];
  return { isTTY, said, write: (text: string) => said.push(text) > 0 };
}

test("on a terminal a bar grows in its line, and TERM=dumb has none", (t) => {
  const { TERM } = process.env;
  t.after(() => setTerm(TERM));
  setTerm("xterm");
  const out = screen(true);
  const progress = new Progress(60, "delivered", out);
  progress.update(0);
  progress.update(30, "1 failed");
  progress.end();
  const clear = "\r\u001b[K";
  assert.deepEqual(out.said, [
    `${clear}[${"-".repeat(30)}] 0/60 delivered`,
    `${clear}[${"#".repeat(15)}${"-".repeat(15)}] 30/60 delivered (1 failed)`,
    "\n",
  ]);
  setTerm("dumb");
  const dumb = screen(true);
  new Progress(60, "delivered", dumb).update(30);
  assert.deepEqual(dumb.said, ["30/60 delivered\n"]);
});

test("without a terminal a line is written every five seconds, and the last one at the end", () => {
  const out = screen(false);
  const progress = new Progress(1000, "on the queue", out);
  for (let n = 1; n <= 999; n++) progress.update(n);
  progress.end();
  progress.end();
  assert.deepEqual(out.said, ["1/1000 on the queue\n", "999/1000 on the queue\n"]);
});
