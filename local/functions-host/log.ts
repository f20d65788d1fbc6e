import { format } from "node:util";

/** The log levels of the Functions host, by their names in `@azure/functions` and host.json. */
export const logLevels = ["trace", "debug", "information", "warning", "error", "critical", "none"] as const;
export type LogLevel = (typeof logLevels)[number];

const labels: Record<LogLevel, string> = {
  trace: "trace",
  debug: "debug",
  information: "info",
  warning: "warn",
  error: "error",
  critical: "fatal",
  none: "none",
};

/** `logging.logLevel` of host.json: the lowest level that is shown, by category prefix or `default`. */
export type LogFilter = Record<string, LogLevel>;

/** Writes lines such as `[info] text` to stdout, if host.json's filter allows them. */
export class HostLog {
  constructor(
    private readonly filter: LogFilter = {},
    private readonly writeLine: (line: string) => void = (line) => process.stdout.write(`${line}\n`),
  ) {}

  /** The log of one category, such as `Host.Queues` or `Function.forward.User`. */
  of(category: string): CategoryLog {
    return new CategoryLog(this, category);
  }

  write(category: string, level: LogLevel, text: string): void {
    if (!this.shows(category, level)) return;
    for (const line of text.split("\n")) this.writeLine(`[${labels[level]}] ${line}`);
  }

  /** The longest matching prefix decides, as in .NET. Without a match, information and above are shown. */
  private shows(category: string, level: LogLevel): boolean {
    let lowest: LogLevel = "information";
    let longest = -1;
    for (const [prefix, limit] of Object.entries(this.filter)) {
      const length = prefix.toLowerCase() === "default" ? 0 : prefix.length;
      const matches = length === 0 || category.toLowerCase().startsWith(prefix.toLowerCase());
      if (matches && length > longest) [lowest, longest] = [limit, length];
    }
    return lowest !== "none" && level !== "none" && logLevels.indexOf(level) >= logLevels.indexOf(lowest);
  }
}

export class CategoryLog {
  constructor(
    private readonly log: HostLog,
    private readonly category: string,
  ) {}

  debug(...args: unknown[]): void {
    this.write("debug", format(...args));
  }

  info(...args: unknown[]): void {
    this.write("information", format(...args));
  }

  warn(...args: unknown[]): void {
    this.write("warning", format(...args));
  }

  error(...args: unknown[]): void {
    this.write("error", format(...args));
  }

  write(level: LogLevel, text: string): void {
    this.log.write(this.category, level, text);
  }
}
