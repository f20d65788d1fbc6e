import assert from "node:assert/strict";
import { test } from "node:test";
import { Progress } from "../../../cli/progress";

function screen(isTTY: boolean) {
  const said: string[] = [];
  return { isTTY, said, write: (text: string) => said.push(text) > 0 };
}

test("on a terminal a bar grows in its line", () => {
  const out = screen(true);
  const progress = new Progress(60, "delivered", out);
  progress.at(0);
  progress.at(30, "1 failed");
  progress.end();
  const clear = "\r\u001b[K";
  assert.deepEqual(out.said, [
    `${clear}[${"-".repeat(30)}] 0/60 delivered`,
    `${clear}[${"#".repeat(15)}${"-".repeat(15)}] 30/60 delivered (1 failed)`,
    "\n",
  ]);
});

test("elsewhere there is a line now and then, and the last one", () => {
  const out = screen(false);
  const progress = new Progress(1000, "on the queue", out);
  for (let n = 1; n <= 999; n++) progress.at(n);
  progress.end();
  progress.end();
  assert.deepEqual(out.said, ["1/1000 on the queue\n", "999/1000 on the queue\n"]);
});
