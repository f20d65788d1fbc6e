import type { CleanUp } from "../test/harness/clean-up";
import type { RunningStack } from "../test/harness/running-stack";
import { type Memory, MemoryWatch } from "./memory";
import { npmStart } from "./npm-start";
import { median } from "./percentiles";
import { type ReleaseTimes, ReleaseWatch } from "./release-watch";
import type { Results } from "./results";

export interface Started {
  /** The last one, which still runs. */
  stack: RunningStack;
  ready: Results["ready"];
  /** Medians of all starts. */
  release: ReleaseTimes;
  /** Ends the watch over the one that runs. */
  memory(): Memory | null;
}

/** Starts the stack so many times; all but the last are stopped again. */
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
  const stack = await npmStart({
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
