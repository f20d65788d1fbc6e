import assert from "node:assert/strict";
import { test } from "node:test";
import { answersIn } from "../../../cli/answers";
import { hopsOf } from "../../../cli/delivery-view";
import { textTable } from "../../../cli/text-table";

test("columns are aligned, and nothing in them moves the cursor", () => {
  const rows = [
    ["ada", 1, new Date("2026-11-22T21:00:00Z")],
    ["b\u001b[2Jo\u202eb\n", undefined, undefined],
  ];
  assert.equal(
    textTable(["USER", "N", "TIME"], rows),
    "USER       N  TIME\nada        1  2026-11-22T21:00:00.000Z\nb\ufffd[2Jo\ufffdb\ufffd",
  );
});

test("a message's hops are in the order in which they came, with the time between them", () => {
  const at = (second: number) => new Date(Date.UTC(2026, 10, 22, 21, 0, second));
  const hops = hopsOf({
    id: "1",
    queuedAt: at(1),
    dequeuedAt: at(2),
    receivedAt: at(5),
    failedAt: at(6),
    deferredAt: at(3),
  });
  assert.deepEqual(
    hops.map(({ what, after }) => [what, after]),
    [
      ["put on the queue", undefined],
      ["taken by the function", 1000],
      ["put off", 1000],
      ["received by the bot", 2000],
      ["given up", 1000],
    ],
  );
});

test("answers are found in a conversation's state, in pieces or not, and nowhere else", () => {
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
