import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Activity, DirectLine as DirectLineClient } from "botframework-directlinejs";
import { ConnectionStatus, connect } from "../../harness/direct-line-js";
import { eventually, World } from "./bot-service-world";

describe("DirectLineJS with the local Direct Line", () => {
  let world: World;
  before(async () => {
    world = await World.start();
  });
  after(() => world.stop());

  const post = (client: DirectLineClient, activity: object) =>
    new Promise<string>((resolve, reject) => client.postActivity(activity as Activity).subscribe(resolve, reject));

  for (const webSocket of [true, false]) {
    test(`a conversation with a bound user works with webSocket: ${webSocket}`, async () => {
      const { token } = await world.generateToken({ user: { id: "dl_anna", name: "Anna" } });
      const domain = `${world.base}/v3/directline`;
      const { client, seen } = connect({ token, domain, webSocket, pollingInterval: 200 });
      try {
        const id = await post(client, { type: "message", from: { id: "dl_anna" }, text: "hello" });
        await eventually("the reply", () => seen.length === 2);
        const [mine, reply] = seen as [Activity, Activity];
        assert.equal(mine.id, id);
        assert.deepEqual([mine.from.id, mine.from.role], ["dl_anna", "user"]);
        assert.deepEqual([(reply as { text?: string }).text, reply.from.role], ["You said hello", "bot"]);

        const reference = world.reference;
        assert.ok(reference);
        await world.adapter.continueConversationAsync(world.appId, reference, async (context) => {
          await context.sendActivity("by the way");
        });
        await eventually("the proactive message", () => seen.length === 3);

        world.onMessage = () => Promise.reject(new Error("boom"));
        // DirectLineJS's own answer to a 502.
        assert.equal(await post(client, { type: "message", from: { id: "dl_anna" }, text: "fail" }), "retry");
        world.onMessage = async (context) => {
          await context.sendActivity(`You said ${context.activity.text}`);
        };
        assert.equal(client.connectionStatus$.getValue(), ConnectionStatus.Online);
      } finally {
        client.end();
      }
    });
  }
});
