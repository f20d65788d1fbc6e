import { RunningStack } from "../test/harness/running-stack";

/** The stack as a user starts it. @param onSpawn gets the id of npm's process */
export function npmStart(onSpawn?: (pid: number) => void): Promise<RunningStack> {
  return RunningStack.launch({ command: "npm", args: ["start", "--silent", "--", "--json", "--port", "0"], onSpawn });
}
