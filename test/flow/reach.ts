import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { QueueClient } from "@azure/storage-queue";
import { Webhook } from "standardwebhooks";
import { operatorCredential } from "../../cli/stack/operator-credential";
import { deliveriesTable } from "../../core/names";
import { Deliveries, type Delivery } from "../../core/tables/deliveries";
import { Table } from "../../core/tables/table";
import type { TeamsUser } from "../../local/bot-service/teams";
import { eventually } from "../harness/eventually";
import { OwnStack } from "../harness/own-stack";
import { runCli } from "../harness/run-cli";
import { comingBack, talk, texts } from "./talk";

const tenantId = "72f988bf-86f1-41af-91ab-2d7cd011db47";

function person(number: number, hasApp = true): TeamsUser {
  return { id: `29:${number}`, aadObjectId: `00000000-1111-4222-8333-00000000000${number}`, tenantId, hasApp };
}

const [byCommand, byQueue, byApi, withoutApp, blocked] = [1, 2, 3, 4, 5].map((n) => person(n, n !== 4)) as [
  TeamsUser,
  TeamsUser,
  TeamsUser,
  TeamsUser,
  TeamsUser,
];

/** Reaches Teams users who never wrote to the bot, in every way in which a message can come. */
export function reachesUsersWhoNeverWrote(delivery: "directLine" | "api"): void {
  let stack: Awaited<ReturnType<typeof OwnStack.up>>;
  let deliveries: Deliveries;
  before(async () => {
    stack = await OwnStack.up({ teams: "true", delivery });
    for (const user of [byCommand, byQueue, byApi, withoutApp, blocked]) stack.cloud.botService.teams.add(user);
    const { tableService } = stack.description.local;
    deliveries = new Deliveries(new Table(tableService, deliveriesTable, operatorCredential(stack.description)));
  });
  after(() => stack?.down());

  const heard = (user: TeamsUser) => {
    const { outputs } = stack.description;
    const conversation = stack.cloud.botService.teams.conversationWith(String(outputs.botName), user);
    return (conversation?.since(0).activities ?? []).map(({ text }) => String(text));
  };
  const addressed = ({ aadObjectId }: TeamsUser) => ({ channelId: "msteams", userId: aadObjectId, tenantId });
  const enqueue = async (message: object) => {
    const queue = new QueueClient(String(stack.description.outputs.queueUrl), operatorCredential(stack.description));
    await queue.sendMessage(JSON.stringify(message));
  };
  const row = (id: string, status: Delivery["status"]): Promise<Delivery> =>
    eventually(`message ${id} is ${status}`, async () => {
      const found = await deliveries.read(id);
      return found?.status === status && found;
    });

  test(`by ${delivery}: the operator's tool reaches a user who never wrote, and "users" tells what a sender needs`, async () => {
    const args = [
      "send",
      "--to",
      byCommand.aadObjectId,
      "--tenant",
      tenantId,
      "--text",
      "by command",
      "--wait",
      "60",
      "--json",
    ];
    const { code, stdout, stderr } = await runCli(stack.description, args);
    assert.equal(code, 0, stderr);
    assert.equal(JSON.parse(stdout).outcome.delivered, 1);
    assert.deepEqual(heard(byCommand), [comingBack("by command")]);

    const listed = JSON.parse((await runCli(stack.description, ["users", "--json"])).stdout);
    const user = listed.users.find(({ userId }: { userId: string }) => userId === byCommand.aadObjectId);
    assert.equal(user.reachable, "anyTime");
    await enqueue({ relatesTo: user.relatesTo, text: "by reference", id: "by reference" });
    await row("by reference", "delivered");
    assert.deepEqual(heard(byCommand), [comingBack("by command"), comingBack("by reference")]);
    const again = await runCli(stack.description, ["send", "--to", byCommand.aadObjectId, "--text", "known", "--wait"]);
    assert.equal(again.code, 0, again.stderr);
    assert.equal(heard(byCommand).length, 3);
  });

  test(`by ${delivery}: a queue message reaches them, and its row tells the conversation`, async () => {
    for (const id of ["first", "first", "second"]) {
      await enqueue({ to: addressed(byQueue), text: id, id });
      await row(id, "delivered");
    }
    assert.deepEqual(heard(byQueue), [comingBack("first"), comingBack("second")]);
    assert.match((await row("first", "delivered")).conversation ?? "", /^a:/);
  });

  test(`by ${delivery}: another system's request reaches them`, async () => {
    const { notifyUrl, webhookSecret } = stack.description.outputs;
    const body = JSON.stringify({ to: addressed(byApi), text: "", dialog: "" });
    const now = new Date();
    const headers = {
      "webhook-id": "by api",
      "webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
      "webhook-signature": new Webhook(String(webhookSecret)).sign("by api", now, body),
    };
    const response = await fetch(String(notifyUrl), { method: "POST", headers, body });
    assert.deepEqual([response.status, await response.json()], [202, { id: "by api" }]);
    await row("by api", "delivered");
    assert.equal(heard(byApi).length, 1, "the first question of the default dialog");
  });

  test(`by ${delivery}: what keeps a message from them is told in words`, async () => {
    const cases: [string, object, RegExp][] = [
      ["no app", addressed(withoutApp), /^The app is not installed for this user: .*403 ForbiddenOperationException/],
      ["no such user", { ...addressed(byQueue), userId: "29:nobody" }, /^Teams knows no such user in this tenant/],
      ["no tenant", { channelId: "msteams", userId: "29:nobody" }, /^The bot knows no conversation .* to\.tenantId/],
      ["no such channel", { channelId: "slack", userId: "U1" }, /on this channel the user must write first\.$/],
    ];
    for (const [id, to, words] of cases) {
      await enqueue({ to, text: id, id });
      assert.match((await row(id, "failed")).reason ?? "", words);
    }
  });

  test(`by ${delivery}: a user whom the bot knows is found on any channel`, async () => {
    const client = await talk(stack);
    await client.say("hello");
    await client.waitFor(2);
    await enqueue({ to: { channelId: "directline", userId: client.userId }, text: "by user", id: "by user" });
    await row("by user", "delivered");
    await client.waitFor(({ text }) => text === comingBack("by user"));
    assert.equal(texts(client.received).filter((text) => text === comingBack("by user")).length, 1);
    client.close();
  });

  test(`by ${delivery}: a bot that is disabled keeps its user, and "users" shows why; a blocked one loses them`, async () => {
    const { answers } = stack.cloud.botService;
    const error = (code: string) => ({ status: 403, body: { error: { code, message: "no" } } });
    const users = async () => {
      const { users } = JSON.parse((await runCli(stack.description, ["users", "--json"])).stdout);
      return users.find(({ userId }: { userId: string }) => userId === blocked.aadObjectId);
    };
    await enqueue({ to: addressed(blocked), text: "hello", id: "before" });
    await row("before", "delivered");
    answers.add(error("BotDisabledByAdmin"));
    await enqueue({ to: addressed(blocked), text: "hello", id: "disabled" });
    await row("disabled", "failed");
    assert.match((await eventually("the problem", async () => (await users()).problem)) as string, /^An administrator/);
    answers.add(error("ConversationBlockedByUser"));
    await enqueue({ to: addressed(blocked), text: "hello", id: "blocked" });
    await row("blocked", "failed");
    await eventually("the end of the reference", async () => (await users()) === undefined);
  });

  test(`by ${delivery}: what the channel took, and answered 502, comes once more and not at once`, async () => {
    stack.cloud.botService.answers.add({ status: 502, isDelivered: true });
    const before = heard(byQueue).length;
    await enqueue({ to: addressed(byQueue), text: "unsure", id: "unsure" });
    const waiting = await row("unsure", "waiting");
    assert.match(waiting.reason ?? "", /^The channel failed, and the user may have got the message/);
    const end = await row("unsure", "delivered");
    assert.equal(heard(byQueue).length, before + 2);
    assert.ok(end.sentAt && waiting.retryAt && end.sentAt >= waiting.retryAt);
  });
}
