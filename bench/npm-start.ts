import { type Launch, RunningStack } from "../test/harness/running-stack";

/** The cap on sends would be what is measured: 16 conversations at the usual 40 a second take 400 ms each. */
const unlimited = ["--config", "sendsPerSecond=1000"];

/** The stack as a user starts it, without the cap on sends. */
export function npmStart(watch: Pick<Launch, "onSpawn" | "onLine"> = {}): Promise<RunningStack> {
  return RunningStack.launch({
    command: "npm",
    args: ["start", "--silent", "--", "--json", "--port", "0", ...unlimited],
    ...watch,
  });
}
