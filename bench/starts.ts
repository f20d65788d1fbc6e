import type { CleanUp } from "../test/harness/clean-up";
import { RunningStack } from "../test/harness/running-stack";
import { type Memory, MemoryWatch } from "./memory";

import { median } from "./percentiles";
import { type ReleaseTimes, ReleaseWatch } from "./release-watch";
import type { Results } from "./results";

/** The usual limit of 40 a second would dominate the measurement: 16 conversations would take 400 ms each. */
const withoutSendLimit = ["--config", "sendsPerSecond=1000"];

export interface Started {
  /** The last stack, which is still running. */
  stack: RunningStack;
  ready: Results["ready"];
  /** Medians of all starts. */
  release: ReleaseTimes;
  /** Ends the memory watch of the running stack. */
  memory(): Memory | null;
}

/** Starts the stack several times. Only the last one keeps running. */
export async function startSeveralTimes(times: number, cleanUp: CleanUp, say: (line: string) => void) {
  const ready: number[] = [];
  const releases: ReleaseTimes[] = [];
  for (;;) {
    say(`npm start, ${ready.length + 1} of ${times}`);
    const { stack, release, memory } = await startOnce();
    const stop = () => stack.stop();
    cleanUp.add(stop);
    ready.push(stack.readyAfter / 1000);
    releases.push(release);
    if (ready.length === times) {
      return { stack, ready: { seconds: median(ready), starts: ready }, release: medians(releases), memory };
    }
    memory();
    await stop();
  }
}

async function startOnce() {
  const watch = new ReleaseWatch();
  let memoryWatch: MemoryWatch | undefined;
  const stack = await RunningStack.launch({
    command: "npm",
    args: ["start", "--silent", "--", "--json", "--port", "0", ...withoutSendLimit],
    onSpawn: (pid) => {
      memoryWatch = MemoryWatch.begin(pid);
    },
    onLine: (line) => watch.readLine(line),
  });
  const memory = () => memoryWatch?.end(stack.description.local.processes) ?? null;
  return { stack, release: watch.times(), memory };
}

function medians(releases: ReleaseTimes[]): ReleaseTimes {
  const of = (which: keyof ReleaseTimes) => median(releases.map((release) => release[which]));
  return { both: of("both"), bot: of("bot"), function: of("function") };
}
