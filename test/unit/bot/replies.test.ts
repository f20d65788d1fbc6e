import assert from "node:assert/strict";
import { test } from "node:test";
import { keywords, replies } from "../../../bot/replies";
import { keyword } from "../../../bot/text-forms";

test("the two sentences of the 2018 template are said in exactly these words", () => {
  assert.equal(
    replies.queued("hello"),
    "You said hello. Your message has been added to a queue, and it will be sent back to you via a Function shortly.",
  );
  assert.equal(replies.proactiveText("hello"), "This is coming back from the trigger! hello");
});

test("keywords have the form in which a user's words are compared", () => {
  for (const word of Object.values(keywords)) assert.equal(keyword(word), word);
});
