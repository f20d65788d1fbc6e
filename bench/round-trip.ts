import { setTimeout as sleep } from "node:timers/promises";
import type { QueueSettings } from "../local/functions-host/host-settings";
import { timeToBackOff } from "./polling";
import type { OpenUser, VirtualUser } from "./virtual-user";

/** Not counted: first messages start conversations, fetch tokens and warm code up. */
const idleWarmUp = 3;
const idleMessages = 24;

export const conversations = 16;
const loadRounds = 4;
const loadWarmUp = 5;
const loadMessages = 10;

/** Milliseconds of round trips in one conversation, each begun when the host polls at its longest interval. */
export async function idleRoundTrips(open: OpenUser, polling: QueueSettings): Promise<number[]> {
  const talker = await open();
  const samples: number[] = [];
  await repeat(idleWarmUp, (n) => talker.roundTrip(`warm-up ${n}`));
  for (const offset of spread(idleMessages, polling.maxPollingInterval)) {
    await sleep(timeToBackOff(polling) + offset);
    samples.push(await timed(talker, `message ${samples.length}`));
  }
  talker.close();
  return samples;
}

/** Of several kinds of talkers in turn, so that a machine that slows down does so for all; for each, its milliseconds under load. */
export async function loadedRoundTrips(...kinds: OpenUser[]): Promise<number[][]> {
  const samples: number[][] = kinds.map(() => []);
  await repeat(loadRounds, async () => {
    for (const [kind, open] of kinds.entries()) samples[kind]?.push(...(await loadedRound(open)));
  });
  return samples;
}

/** Many conversations at once, each sending again as soon as its reply has come. */
async function loadedRound(open: OpenUser): Promise<number[]> {
  const talkers = await Promise.all(Array.from({ length: conversations }, open));
  const samples: number[] = [];
  const all = talkers.map(async (talker) => {
    await repeat(loadWarmUp, (n) => talker.roundTrip(`warm-up ${n}`));
    await repeat(loadMessages, async (n) => samples.push(await timed(talker, `message ${n}`)));
  });
  await Promise.all(all);
  for (const talker of talkers) talker.close();
  return samples;
}

/** Random offsets, in random order, but one in each equal part of the interval: a few samples then show the interval's median well. */
function spread(count: number, interval: number): number[] {
  const parts = Array.from({ length: count }, (_, part) => part);
  const shuffled = parts.map((part) => ({ part, key: Math.random() })).sort((a, b) => a.key - b.key);
  return shuffled.map(({ part }) => ((part + Math.random()) / count) * interval);
}

async function timed(talker: VirtualUser, text: string): Promise<number> {
  const begin = performance.now();
  await talker.roundTrip(text);
  return performance.now() - begin;
}

async function repeat(times: number, work: (n: number) => Promise<unknown>): Promise<void> {
  for (let n = 0; n < times; n++) await work(n);
}
