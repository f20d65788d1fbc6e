import { after, before, test } from "node:test";
import { hearOwnMessagesBack } from "../flow/talk";
import { OwnStack } from "../harness/own-stack";

let stack: Awaited<ReturnType<typeof OwnStack.up>>;
before(async () => {
  stack = await OwnStack.up();
});
after(() => stack?.down());

test("ten conversations with fifty messages each get every message back once, each its own", () =>
  hearOwnMessagesBack(stack, 10, 50));
