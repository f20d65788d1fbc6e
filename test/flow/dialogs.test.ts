import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { TableClient } from "@azure/data-tables";
import { QueueClient } from "@azure/storage-queue";
import { operatorCredential } from "../../cli/stack/operator-credential";
import type { DirectLineClient } from "../harness/direct-line-client";
import { eventually, patience } from "../harness/eventually";
import { OwnStack } from "../harness/own-stack";
import { acknowledged, comingBack, talk, texts } from "./talk";

let stack: Awaited<ReturnType<typeof OwnStack.up>>;
let credential: ReturnType<typeof operatorCredential>;
before(async () => {
  stack = await OwnStack.up();
  credential = operatorCredential(stack.description);
});
after(() => stack?.down());

function queue(suffix = ""): QueueClient {
  return new QueueClient(`${stack.description.outputs.queueUrl}${suffix}`, credential);
}

/** The article's own JSON, to a conversation of this stack. */
function message({ conversationId, userId }: DirectLineClient, fields: object) {
  return {
    relatesTo: {
      user: { id: userId, name: "Harsh Raj" },
      bot: { id: stack.description.outputs.botName, name: "SurveyBot" },
      conversation: { id: conversationId },
      channelId: "directline",
      serviceUrl: stack.description.local.directLine.serviceUrl,
    },
    isTrustedServiceUrl: true,
    ...fields,
  };
}

async function drop(client: DirectLineClient, fields: object): Promise<void> {
  await queue().sendMessage(JSON.stringify(message(client, fields)));
}

/** What the bot said since the last look, once that is so much. */
async function next(client: DirectLineClient, count: number): Promise<string[]> {
  const said = texts(await client.waitFor(count, patience));
  client.received.length = 0;
  return said;
}

/** What the bot answers. */
async function ask(client: DirectLineClient, text: string, count = 1): Promise<string[]> {
  await client.say(text);
  return next(client, count);
}

const opening = "Welcome to the course! Three short questions, so that it suits you.";
const experience = "How much do you know about the subject already?\n\n1. Nothing yet\n2. A little\n3. A lot";
const hours = "How many hours a week do you have for it?";
const goal = "What would you like to be able to do in the end?";
const right = "Is that right?\n\n1. Yes\n2. No";

test("the article's message starts the survey for a user who is silent; a restart of the bot in the middle changes nothing", async () => {
  const client = await talk(stack);
  await drop(client, { text: "new" });
  const asked = await client.waitFor(2);
  assert.deepEqual(texts(asked), [opening, experience]);
  const buttons = asked[1]?.suggestedActions as { actions: { value: string }[] };
  assert.deepEqual(
    buttons.actions.map(({ value }) => value),
    ["Nothing yet", "A little", "A lot"],
  );
  client.received.length = 0;
  assert.deepEqual(await ask(client, "A little"), [hours]);
  await stack.restart("bot");
  assert.deepEqual(await ask(client, "ulterior", 2), ["Please answer with a whole number from 1 to 40.", hours]);
  assert.deepEqual(await ask(client, "3"), [goal]);
  await stack.restart("bot");
  const summary = "- Experience: A little\n- Hours a week: 3\n- Goal: an ulterior motive 👋🏽";
  assert.deepEqual(await ask(client, "an ulterior motive 👋🏽", 2), [
    `This is what I understood:\n\n${summary}`,
    right,
  ]);
  assert.deepEqual(await ask(client, "Yes"), ["Thank you! Your answers are kept."]);
  assert.deepEqual(await ask(client, "Yes", 2), [acknowledged("Yes"), comingBack("Yes")]);

  await stack.restart("bot");
  await drop(client, { text: "", dialog: "newSurvey" });
  const [, offer] = await next(client, 3);
  assert.equal(offer, `You have answered this before:\n\n${summary}`);
  assert.deepEqual(await ask(client, "yes"), ["Your earlier answers stay."]);

  const state = new TableClient(stack.description.local.tableService, "botstate", credential);
  const filter = `key eq 'directline/conversations/${client.conversationId}/'`;
  const { value } = await state.listEntities({ queryOptions: { filter } }).next();
  assert.deepEqual(JSON.parse(value.d0).answers.newSurvey.answers, {
    experience: "A little",
    hours: 3,
    goal: "an ulterior motive 👋🏽",
  });
  assert.doesNotMatch(stack.log, /ulterior/);
  client.close();
});

test("a user who types old is told that it is queued, and the survey comes back by itself", async () => {
  const client = await talk(stack);
  const [told, ...survey] = await ask(client, "old", 3);
  assert.equal(told, acknowledged("old"));
  assert.match(survey[0] ?? "", /^You have been with the course for a while/);
  assert.match((await ask(client, "5"))[0] ?? "", /^Would you recommend it/);
  assert.match((await ask(client, "Yes"))[0] ?? "", /^What is the one thing/);
  const [summary] = await ask(client, "Nothing", 2);
  assert.match(summary ?? "", /- Rating: 5\n- Recommended: Yes\n- To be changed: Nothing$/);
  assert.deepEqual(await ask(client, "yes"), ["Thank you! Your answers are kept."]);
  client.close();
});

test("a message during a survey is said, a dialog comes on top, and the survey goes on after it", async () => {
  const client = await talk(stack);
  await drop(client, { text: "new" });
  await next(client, 2);
  await drop(client, { text: "News" });
  assert.deepEqual(await next(client, 2), [comingBack("News"), experience]);
  await drop(client, { text: "", dialog: "" });
  assert.match((await next(client, 1))[0] ?? "", /^How is the learning going\?/);
  const back = ["Good to know, thank you!", "Back to the newcomers' survey.", experience];
  assert.deepEqual(await ask(client, "Well", 3), back);
  assert.match((await ask(client, "help", 2))[0] ?? "", /^This is the newcomers' survey/);
  assert.match((await ask(client, "cancel"))[0] ?? "", /^I have ended the newcomers' survey/);
  assert.deepEqual(await ask(client, "cancel", 2), [acknowledged("cancel"), comingBack("cancel")]);
  client.close();
});

const card = {
  contentType: "application/vnd.microsoft.card.adaptive",
  content: {
    type: "AdaptiveCard",
    version: "1.3",
    body: [{ type: "Input.Text", id: "goal" }],
    actions: [{ type: "Action.Submit", title: "Send" }],
  },
};

test("a card from outside arrives as it is, and what it submits answers the open question", async () => {
  const client = await talk(stack);
  await drop(client, { attachments: [card] });
  await drop(client, { text: "look", attachments: [card] });
  const shown = await client.waitFor(2, patience);
  assert.deepEqual(
    shown.map(({ text, attachments }) => [text, attachments]).sort(),
    [
      [comingBack("look"), [card]],
      [undefined, [card]],
    ].sort(),
  );
  client.received.length = 0;
  assert.equal((await client.post({ type: "message", value: { goal: "Fly" } })).status, 200);
  const submitted = JSON.stringify({ goal: "Fly" });
  assert.deepEqual(await next(client, 2), [acknowledged(submitted), comingBack(submitted)]);

  await drop(client, { text: "new" });
  await next(client, 2);
  const action = { type: "Action.Execute", verb: "choose", data: { answer: "A lot" } };
  const invoke = { type: "invoke", name: "adaptiveCard/action", value: { action, trigger: "manual" } };
  assert.equal((await client.post(invoke)).status, 200);
  assert.deepEqual(await next(client, 1), [hours]);
  await client.post({
    type: "message",
    attachments: [{ contentType: "image/png", contentUrl: "https://example.com/x.png" }],
  });
  assert.deepEqual(await next(client, 2), ["Please answer with a whole number from 1 to 40.", hours]);
  await client.post({ type: "message", value: { hours: 3 } });
  assert.deepEqual(await next(client, 1), [goal]);
  await client.post({ type: "message", value: { goal: "Fly" } });
  assert.match((await next(client, 2))[0] ?? "", /- Experience: A lot\n- Hours a week: 3\n- Goal: Fly$/);
  assert.equal(
    (await client.post({ ...invoke, name: "unknown/action" })).status,
    502,
    "as what the bot does not implement",
  );
  client.close();
});

test("many messages that start the same survey at once ask once", async () => {
  const client = await talk(stack);
  await Promise.all(Array.from({ length: 20 }, () => drop(client, { text: "new" })));
  await eventually("twenty tries", () => begun() >= 20);
  assert.equal(begun(), 20);
  await drop(client, { text: "the last one" });
  const said = texts(await client.waitFor(4, patience));
  assert.deepEqual(said, [opening, experience, comingBack("the last one"), experience]); // again, with its buttons
  client.close();
});

/** How many messages have started the survey that was started last, or found that it had begun. */
function begun(): number {
  const newest = stack.log.slice(stack.log.lastIndexOf('"event":"dialog started"'));
  return newest.match(/"event":"dialog (started|had begun already)"/g)?.length ?? 0;
}

test("a dialog that nobody knows ends among the poison, with a reason that names the field and the known ones", async () => {
  const client = await talk(stack);
  const unknown = JSON.stringify(message(client, { text: "new", dialog: "noSuchSurvey" }));
  await queue().sendMessage(unknown);
  const found = await eventually("a poison message", async () => {
    const { peekedMessageItems } = await queue("-poison").peekMessages();
    return peekedMessageItems.length > 0 && peekedMessageItems.map(({ messageText }) => messageText);
  });
  assert.deepEqual(found, [unknown]);
  const reason = /"event":"failed".*dialog is not one of this bot's: .*learner.*newSurvey.*oldSurvey/;
  await eventually("the reason in the log", () => reason.test(stack.log));
  await drop(client, { text: "the next one" }); // what came of the other would be here before it
  assert.deepEqual(await next(client, 1), [comingBack("the next one")]);
  client.close();
});
