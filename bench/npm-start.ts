import { type Launch, RunningStack } from "../test/harness/running-stack";

/** The stack as a user starts it. */
export function npmStart(watch: Pick<Launch, "onSpawn" | "onLine"> = {}): Promise<RunningStack> {
  return RunningStack.launch({ command: "npm", args: ["start", "--silent", "--", "--json", "--port", "0"], ...watch });
}
