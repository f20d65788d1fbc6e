import type { AppName } from "../local/cloud/local-cloud";

/** Seconds of a release, by app. */
export interface ReleaseTimes extends Record<AppName, number> {
  /** From the first push until both apps are ready. */
  both: number;
}

/** A line such as `    0.7 s  Resource                   <project>-release`: seconds from an app's push until it is ready. */
const releaseLine = /^ *(\d+\.\d) s +\S+ +(\S+)-release$/;

/** Reads the release times from the output of `npm start`, which rounds them to tenths of a second. */
export class ReleaseWatch {
  private readonly seen = new Map<string, { begin: number; end: number }>();

  /** @param line the line that was just printed */
  readLine(line: string): void {
    const [, seconds, site] = releaseLine.exec(line) ?? [];
    if (!site) return;
    const end = performance.now() / 1000;
    this.seen.set(site.endsWith("-function") ? "function" : "bot", { begin: end - Number(seconds), end });
  }

  /** @throws Error when the line of an app is missing */
  times(): ReleaseTimes {
    const [bot, fn] = [this.release("bot"), this.release("function")];
    const both = Math.max(bot.end, fn.end) - Math.min(bot.begin, fn.begin);
    return { both, bot: bot.end - bot.begin, function: fn.end - fn.begin };
  }

  private release(app: AppName) {
    const release = this.seen.get(app);
    if (!release) throw new Error(`npm start printed no line for the release of the ${app}.`);
    return release;
  }
}
