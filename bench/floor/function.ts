import { setTimeout as sleep } from "node:timers/promises";
import { PollingBackoff } from "../../local/functions-host/backoff";
import { RunningJobs } from "../../local/functions-host/running-jobs";
import { pollingSettings } from "../polling";
import { eventPath, type FloorAddresses } from "./addresses";
import { type BareMessage, BareQueue } from "./bare-queue";
import { HttpClient } from "./http-client";

/** The floor's function process. It polls by the rules of the Functions host and only forwards messages. */
async function poll({ ca, queueUrl, token, directLine }: FloorAddresses): Promise<never> {
  const wire = new HttpClient(ca);
  const queue = new BareQueue(queueUrl, token, wire);
  const { batchSize, newBatchThreshold, maxPollingInterval } = pollingSettings();
  const idle = new PollingBackoff(maxPollingInterval);
  const running = new RunningJobs();
  const forward = async (message: BareMessage) => {
    await wire.post(directLine + eventPath, message.text);
    await queue.delete(message);
  };
  for (;;) {
    if (running.size > newBatchThreshold) {
      await running.nextChange();
      continue;
    }
    const batch = await queue.receive(batchSize);
    for (const message of batch) running.add("message", forward(message));
    if (batch.length === 0) await sleep(idle.next());
    else idle.reset();
  }
}

process.once("disconnect", () => process.exit());
process.once("message", (addresses: FloorAddresses) => {
  void poll(addresses);
});
process.send?.("ready");
