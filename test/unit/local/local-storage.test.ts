import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { TableClient, TableServiceClient } from "@azure/data-tables";
import { QueueClient } from "@azure/storage-queue";
import { Storage } from "../../../local/storage/storage";
import { GuardedCloud } from "../helpers/guarded-cloud";

let cloud: GuardedCloud;
let storage: Storage;
before(async () => {
  cloud = await GuardedCloud.open();
  storage = await Storage.open(cloud.certificates);
  storage.addAccount("account");
});
after(() => storage?.close());

const credential = {
  getToken: async () => {
    const token = await cloud.token(cloud.principal("writer"), "https://storage.azure.com");
    return { token, expiresOnTimestamp: Date.now() + 3_600_000 };
  },
};

/** Characters of two, three and four bytes, at every place where a piece of a request's body may end. */
const texts = ["é", "日", "😀"].flatMap((character) =>
  [0, 1, 2, 3].map((before) => "-".repeat(before) + character.repeat(20_000 / Buffer.byteLength(character))),
);

test("a large message of other letters than ASCII's comes back from the queue as it was", async () => {
  const queue = new QueueClient(`${storage.endpoint("queue", "account")}letters`, credential);
  await queue.create();
  for (const text of texts) {
    await queue.sendMessage(text);
    const [message] = (await queue.receiveMessages()).receivedMessageItems;
    assert.equal(message?.messageText, text);
    await queue.deleteMessage(message.messageId, message.popReceipt);
  }
});

test("a large entity of other letters than ASCII's comes back from the table as it was, written alone or in a batch", async () => {
  const url = storage.endpoint("table", "account");
  await new TableServiceClient(url, credential).createTable("letters");
  const table = new TableClient(url, "letters", credential);
  for (const [index, text] of texts.entries()) {
    await table.createEntity({ partitionKey: "alone", rowKey: String(index), text });
    await table.submitTransaction([["create", { partitionKey: "batch", rowKey: String(index), text }]]);
    for (const partitionKey of ["alone", "batch"]) {
      assert.equal((await table.getEntity(partitionKey, String(index))).text, text);
    }
  }
});

test("another cloud's accounts in the same process do not take the place of this one's", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const one = await Storage.open(cloud.certificates);
  one.addAccount("one");
  const other = await Storage.open(cloud.certificates);
  t.after(() => Promise.all([one.close(), other.close()]));
  other.addAccount("other");
  t.mock.timers.tick(120_000); // by itself Azurite reads its accounts anew after a minute
  t.mock.timers.reset();
  await new QueueClient(`${one.endpoint("queue", "one")}still-there`, credential).create();
  await new QueueClient(`${other.endpoint("queue", "other")}there-too`, credential).create();
});
