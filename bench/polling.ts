import path from "node:path";
import { PollingBackoff } from "../local/functions-host/backoff";
import { type QueueSettings, readHostSettings } from "../local/functions-host/host-settings";

/** Milliseconds for the requests between the waits. */
const requestTime = 50;

/** The polling settings in the function app's host.json. */
export function pollingSettings(): QueueSettings {
  return readHostSettings(path.resolve(__dirname, "../function")).extensions.queues;
}

/** Milliseconds after a message until the host's waits have certainly grown to their maximum. */
export function timeToBackOff({ maxPollingInterval }: QueueSettings): number {
  const longest = new PollingBackoff(maxPollingInterval, undefined, () => 1);
  let sum = requestTime;
  for (let wait = longest.next(); wait < maxPollingInterval; wait = longest.next()) sum += wait;
  return sum + maxPollingInterval; // with shorter random waits, the host needs one more wait below the maximum
}
