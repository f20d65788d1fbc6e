import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { QueueClient } from "@azure/storage-queue";
import { operatorCredential } from "../../local/operator-credential";
import { acknowledged, comingBack, talk, texts } from "../flow/talk";
import type { DirectLineClient } from "../harness/direct-line-client";
import { OwnStack } from "../harness/own-stack";

/** Milliseconds for what is sure to come, on a machine that does other things too. */
const patience = 120_000;

const conversations = 25;
const rounds = 20;

const otherUser = "another user";

const opening = "Welcome to the course! Three short questions, so that it suits you.";
const experience = "How much do you know about the subject already?\n\n1. Nothing yet\n2. A little\n3. A lot";
const hours = "How many hours a week do you have for it?";
const help = 'This is the newcomers\' survey. Answer the question, or say "cancel" to end it.';
const ended = "I have ended the newcomers' survey; what you answered just now is not kept.";

let stack: Awaited<ReturnType<typeof OwnStack.up>>;
let queue: QueueClient;
before(async () => {
  stack = await OwnStack.up();
  queue = new QueueClient(String(stack.description.outputs.queueUrl), operatorCredential(stack.description));
});
after(() => stack?.down());

async function startSurvey({ conversationId, userId }: DirectLineClient, id: string): Promise<void> {
  const { serviceUrl } = stack.description.local.directLine;
  const relatesTo = { conversation: { id: conversationId }, user: { id: userId }, channelId: "directline", serviceUrl };
  await queue.sendMessage(JSON.stringify({ relatesTo, text: "", dialog: "newSurvey", id }));
}

/** What the bot said: the client also hears the other user. */
function heard({ received }: DirectLineClient): string[] {
  return texts(received.filter(({ from }) => from.id !== otherUser));
}

/** Whether each of the two messages went to the survey, or was queued and came back. */
function isSettled(said: string[]): boolean {
  const taken = said.includes(hours) || said.includes(comingBack("A lot"));
  const helped = said.includes(help) || said.includes(comingBack("help"));
  return taken && helped && said.includes(opening);
}

async function oneRound(client: DirectLineClient, id: string): Promise<string[]> {
  await Promise.all([
    client.say("A lot"),
    client.post({ type: "message", text: "help", from: { id: otherUser } }),
    startSurvey(client, id),
  ]);
  await client.waitFor(() => isSettled(heard(client)), patience);
  await client.say("cancel");
  await client.waitFor(({ text }) => text === ended, patience);
  const said = heard(client);
  client.received.length = 0;
  return said;
}

test("two users and a survey from outside meet in one conversation at the same moment, 500 times", async () => {
  const known = [opening, experience, hours, help, ended];
  for (const text of ["A lot", "help"]) known.push(acknowledged(text), comingBack(text));
  await Promise.all(
    Array.from({ length: conversations }, async (_, conversation) => {
      const client = await talk(stack);
      for (let round = 0; round < rounds; round++) {
        const said = await oneRound(client, `race ${conversation}.${round}`);
        assert.deepEqual(said.filter((text) => text === opening).length, 1, "asked once");
        assert.deepEqual(
          said.filter((text) => !known.includes(text)),
          [],
          "nobody was told of a failure",
        );
      }
      client.close();
    }),
  );
  assert.doesNotMatch(stack.log, /"level":"error"|\[error\]/);
});
