import assert from "node:assert/strict";
import { test } from "node:test";
import { answersIn } from "../../../cli/commands/answers";

test("answers are read from a conversation's state, whole or in chunks, and from no other row", () => {
  const answers = { newSurvey: { at: "2026-11-22T21:00:00Z", by: "ada", answers: { hours: 3 } } };
  const json = JSON.stringify({ dialogs: [], answers });
  const [d0, d1] = [json.slice(0, 20), json.slice(20)];
  const [found, ...others] = answersIn({ key: "msteams/conversations/19:a/b@thread/", d0, d1 });
  assert.deepEqual(others, []);
  assert.deepEqual(found, {
    channelId: "msteams",
    conversationId: "19:a/b@thread",
    userId: "ada",
    dialog: "newSurvey",
    at: "2026-11-22T21:00:00Z",
    answers: { hours: 3 },
  });
  assert.deepEqual(answersIn({ key: "msteams/users/ada/", d0: json }), []);
  assert.deepEqual(answersIn({ key: "msteams/conversations/c/", d0: "{}" }), []);
});
