import { createServer } from "node:http";
import { listen } from "../../local/listen";
import { eventPath, type FloorAddresses } from "./addresses";
import { BareQueue } from "./bare-queue";
import { forwardingHandler, HttpClient } from "./http-client";

/** The bot's process of the floor: a message goes to the queue, an event to the connector, and nothing else happens. */
async function bot(place: Promise<FloorAddresses>): Promise<number> {
  const parts = place.then(({ ca, queueUrl, token, connector }) => {
    const wire = new HttpClient(ca);
    return { wire, connector, queue: new BareQueue(queueUrl, token, wire) };
  });
  const pass = forwardingHandler(async (path, body) => {
    const { wire, connector, queue } = await parts;
    await (path === eventPath ? wire.post(connector, body) : queue.enqueue(String(body)));
  });
  return listen(createServer(pass));
}

process.once("disconnect", () => process.exit());
const place = new Promise<FloorAddresses>((resolve) => process.once("message", resolve));
bot(place).then((port) => process.send?.(port));
