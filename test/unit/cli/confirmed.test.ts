import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { confirmed } from "../../../cli/confirmed";

/** What comes of it when somebody at a terminal says this. */
async function answered(answer: string): Promise<[agreed: boolean, shown: string]> {
  const [input, output] = [Object.assign(new PassThrough(), { isTTY: true }), new PassThrough()];
  input.write(`${answer}\n`);
  const agreed = await confirmed("This will reach 20 people. Send it?", input, output);
  return [agreed, String(output.read())];
}

test("only yes is yes", async () => {
  for (const yes of ["y", "Yes", " yes "]) assert.equal((await answered(yes))[0], true, yes);
  for (const no of ["", "n", "no", "yes please", "ja"]) assert.equal((await answered(no))[0], false, no);
  assert.match((await answered("y"))[1], /This will reach 20 people\. Send it\? \[y\/N\] /);
});

test("where nobody can be asked, it says what to do", async () => {
  const nobody = Object.assign(new PassThrough(), { isTTY: false });
  await assert.rejects(confirmed("This will reach 20 people. Send it?", nobody), {
    name: "WrongUsage",
    message: "This will reach 20 people. Send it? Nobody can answer without a terminal: say --yes.",
  });
});
