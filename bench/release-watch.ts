import type { AppName } from "../local/cloud/local-cloud";

/** Seconds. */
export interface ReleaseTimes extends Record<AppName, number> {
  /** From the first push to the last app that is ready. */
  both: number;
}

/** `    0.7 s  Resource                   <project>-release`: from the push of an app until it is ready. */
const releaseLine = /^ *(\d+\.\d) s +\S+ +(\S+)-release$/;

/** Reads the releases off what `npm start` shows, which is rounded to tenths of a second. */
export class ReleaseWatch {
  private readonly seen = new Map<string, { begin: number; end: number }>();

  /** @param line has just been shown */
  see(line: string): void {
    const [, seconds, site] = releaseLine.exec(line) ?? [];
    if (!site) return;
    const end = performance.now() / 1000;
    this.seen.set(site.endsWith("-function") ? "function" : "bot", { begin: end - Number(seconds), end });
  }

  /** @throws Error when there was no line for one of the apps */
  times(): ReleaseTimes {
    const [bot, fn] = [this.of("bot"), this.of("function")];
    const both = Math.max(bot.end, fn.end) - Math.min(bot.begin, fn.begin);
    return { both, bot: bot.end - bot.begin, function: fn.end - fn.begin };
  }

  private of(app: AppName) {
    const release = this.seen.get(app);
    if (!release) throw new Error(`npm start showed no line for the release of the ${app}.`);
    return release;
  }
}
