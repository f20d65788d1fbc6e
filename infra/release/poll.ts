import { type Answer, describe } from "./ask";
import { pause, timeLeft, type Wait } from "./wait";

/** Something that a release waits for. */
export interface Goal<Found> {
  /** Completes "waiting for …". */
  name: string;
  ask(): Promise<Answer>;
  /** What was waited for; undefined = ask again. @throws when asking again is of no use */
  judge(answer: Answer): Found | undefined | Promise<Found | undefined>;
  /** How far it is by this answer, in one line. Absent: the answer itself. */
  progress?(answer: Answer): string;
  /** The pause before the next look, in milliseconds. Absent: a tenth of the time so far, within the pace's limits. */
  pause?(): number;
  /** Why the release fails at its deadline. @param last how far it was, by the last answer */
  timeUp(last: string): string | Promise<string>;
}

/** Asks until the answer is what the goal waits for. @throws what `judge` throws, or `timeUp` at the deadline */
export async function poll<Found>(wait: Wait, goal: Goal<Found>): Promise<Found> {
  const progress = goal.progress ?? describe;
  let last = "";
  while (timeLeft(wait) > 0) {
    wait.goal = goal.name + (last && ` (last: ${last.slice(0, 80)})`);
    const answer = await goal.ask();
    // A request that the deadline cut short says less than the answer before it.
    if (last && answer.status === 0 && timeLeft(wait) === 0) break;
    const found = await goal.judge(answer);
    if (found !== undefined) return found;
    last = progress(answer);
    await pause(wait, Math.max(goal.pause ? goal.pause() : untilNextLook(wait), answer.retryAfter));
  }
  throw new Error(await goal.timeUp(last || "nothing yet"));
}

function untilNextLook({ started, pace }: Wait): number {
  return Math.max(pace.poll, Math.min((Date.now() - started) / 10, pace.maxPoll));
}
