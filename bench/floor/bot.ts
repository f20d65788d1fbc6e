import { createServer } from "node:http";
import { listen } from "../../local/listen";
import { BareQueue } from "./bare-queue";
import { eventPath, type FloorPlace } from "./place";
import { hop, Wire } from "./wire";

/** The bot's process of the floor: a message goes to the queue, an event to the connector, and nothing else happens. */
async function bot(place: Promise<FloorPlace>): Promise<number> {
  const parts = place.then(({ ca, queueUrl, token, connector }) => {
    const wire = new Wire(ca);
    return { wire, connector, queue: new BareQueue(queueUrl, token, wire) };
  });
  const pass = hop(async (path, body) => {
    const { wire, connector, queue } = await parts;
    await (path === eventPath ? wire.post(connector, body) : queue.enqueue(String(body)));
  });
  return listen(createServer(pass));
}

process.once("disconnect", () => process.exit());
const place = new Promise<FloorPlace>((resolve) => process.once("message", resolve));
bot(place).then((port) => process.send?.(port));
