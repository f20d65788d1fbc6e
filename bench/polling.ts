import path from "node:path";
import { PollingBackoff } from "../local/functions-host/backoff";
import { type QueueSettings, readHostSettings } from "../local/functions-host/host-settings";

/** For the polls between the waits, in milliseconds. */
const requestTime = 50;

/** How the function app's host.json has the queue polled. */
export function pollingSettings(): QueueSettings {
  return readHostSettings(path.resolve(__dirname, "../function")).extensions.queues;
}

/** Milliseconds after a message by which the host's waits have grown to their maximum, however chance drew them. */
export function timeToBackOff({ maxPollingInterval }: QueueSettings): number {
  const longest = new PollingBackoff(maxPollingInterval, undefined, () => 1);
  let sum = requestTime;
  for (let wait = longest.next(); wait < maxPollingInterval; wait = longest.next()) sum += wait;
  return sum + maxPollingInterval; // shorter draws need one more wait, of less than the maximum
}
