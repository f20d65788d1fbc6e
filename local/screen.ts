import type { Made } from "./engine/engine";
import type { StackDescription } from "./stack-description";

/** The output of `npm start`. */
export class Screen {
  private readonly started = performance.now();

  constructor(private readonly out: NodeJS.WritableStream) {}

  say(line: string): void {
    this.out.write(`${line}\n`);
  }

  made({ type, name, milliseconds }: Made): void {
    this.say(`  ${seconds(milliseconds)}  ${type.padEnd(26)} ${name}`);
  }

  /** Prints one warning for all of them. */
  declaredOnly(things: string[]): void {
    if (things.length === 0) return;
    this.say(`
Declared only, nothing here stands behind it (docs/local.md says how to give it a body):
${things.map((thing) => `  ${thing}`).join("\n")}`);
  }

  up({ outputs, local }: StackDescription): void {
    this.say(`
The bot is up, after ${seconds(performance.now() - this.started).trim()}.

  Chat     ${local.page}
  Queue    ${outputs.queueUrl}
  Speak    npm run cli -- send --conversation ID --text "Hello from outside"   (the page shows its conversation's id)
  Stop     Ctrl-C
`);
  }

  /** A line of an app's log. */
  log(source: string, line: string): void {
    for (const part of readable(line)) this.say(`${source.padEnd(8)} | ${part}`);
  }
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1).padStart(5)} s`;
}

/** The bot logs JSON for machines; here people read it. */
function readable(line: string): string[] {
  if (!line.startsWith("{")) return [line];
  try {
    const { time, level, event, stack, ...details } = JSON.parse(line);
    if (!event) return [line];
    const rest = Object.entries(details).map(
      ([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`,
    );
    const calls = typeof stack === "string" ? stack.split("\n").map((call) => `    ${call}`) : [];
    return [[String(time).slice(11, 23), `[${level}]`, event, ...rest].join(" "), ...calls];
  } catch {
    return [line];
  }
}
