import { createServer } from "node:http";
import { listen } from "../../local/listen";
import { eventPath, type FloorAddresses } from "./addresses";
import { BareQueue } from "./bare-queue";
import { forwardingHandler, HttpClient } from "./http-client";

/** The floor's bot process. It only puts messages on the queue and sends events to the connector. */
async function bot(addresses: Promise<FloorAddresses>): Promise<number> {
  const parts = addresses.then(({ ca, queueUrl, token, connector }) => {
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
const addresses = new Promise<FloorAddresses>((resolve) => process.once("message", resolve));
bot(addresses).then((port) => process.send?.(port));
