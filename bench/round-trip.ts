import { setTimeout as sleep } from "node:timers/promises";
import type { QueueSettings } from "../local/functions-host/host-settings";
import { timeToBackOff } from "./polling";
import type { OpenUser, VirtualUser } from "./virtual-user";

/** Uncounted messages. The first ones start conversations, fetch tokens and warm up the code. */
const idleWarmUp = 3;
const idleMessages = 24;

export const conversations = 16;
const loadRounds = 4;
const loadWarmUp = 5;
const loadMessages = 10;

/** Milliseconds of round trips in one conversation. Each begins when the host polls at its longest interval. */
export async function idleRoundTrips(open: OpenUser, polling: QueueSettings): Promise<number[]> {
  const user = await open();
  const samples: number[] = [];
  await repeat(idleWarmUp, (n) => user.roundTrip(`warm-up ${n}`));
  for (const offset of spread(idleMessages, polling.maxPollingInterval)) {
    await sleep(timeToBackOff(polling) + offset);
    samples.push(await timed(user, `message ${samples.length}`));
  }
  user.close();
  return samples;
}

/** Milliseconds of round trips under load, for each kind of user. The kinds take turns, so that all have the same conditions. */
export async function loadedRoundTrips(...kinds: OpenUser[]): Promise<number[][]> {
  const samples: number[][] = kinds.map(() => []);
  await repeat(loadRounds, async () => {
    for (const [kind, open] of kinds.entries()) samples[kind]?.push(...(await loadedRound(open)));
  });
  return samples;
}

/** Runs many conversations at once. Each sends its next message when the reply has arrived. */
async function loadedRound(open: OpenUser): Promise<number[]> {
  const users = await Promise.all(Array.from({ length: conversations }, open));
  const samples: number[] = [];
  const all = users.map(async (user) => {
    await repeat(loadWarmUp, (n) => user.roundTrip(`warm-up ${n}`));
    await repeat(loadMessages, async (n) => samples.push(await timed(user, `message ${n}`)));
  });
  await Promise.all(all);
  for (const user of users) user.close();
  return samples;
}

/** Random offsets in random order, one in each equal part of the interval, so that few samples estimate the median well. */
function spread(count: number, interval: number): number[] {
  const parts = Array.from({ length: count }, (_, part) => part);
  const shuffled = parts.map((part) => ({ part, key: Math.random() })).sort((a, b) => a.key - b.key);
  return shuffled.map(({ part }) => ((part + Math.random()) / count) * interval);
}

async function timed(user: VirtualUser, text: string): Promise<number> {
  const begin = performance.now();
  await user.roundTrip(text);
  return performance.now() - begin;
}

async function repeat(times: number, work: (n: number) => Promise<unknown>): Promise<void> {
  for (let n = 0; n < times; n++) await work(n);
}
