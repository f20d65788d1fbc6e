import type { EngineTimes, Preview } from "./engine-times";
import type { Results, RoundTrips, StartUp } from "./results";

/** The targets, which are printed and not enforced: `ready` in seconds, `ratio` to the floor, `preview` to an empty program. */
const targets = { ready: 6, ratio: 2, preview: 1.5 };

/** Formats the results as text. */
export function report({ machine, ready, release, size, startUp, engine, idle, loaded, memory }: Results): string {
  const { node, platform, cpus, load } = machine;
  const lines = [
    `node ${node}, ${platform}, ${cpus} CPUs, load ${load.toFixed(1)} before the run`,
    "",
    row(
      "npm start to ready",
      `${ready.seconds.toFixed(2)} s`,
      describeTarget(ready.seconds < targets.ready, `< ${targets.ready} s`),
    ),
    note(`median of ${ready.starts.map((seconds) => seconds.toFixed(2)).join(", ")}`),
    "",
    row("release of both apps", `${release.both.toFixed(1)} s from the first push until both apps are ready`),
    row("  bot", `${release.bot.toFixed(1)} s from push to ready   zip ${bytes(size.bot)}`),
    row("  function", `${release.function.toFixed(1)} s from push to ready   zip ${bytes(size.function)}`),
    note("medians of these starts"),
    row("start until /healthz", "bundled in one file, as deployed, and with packages in node_modules"),
    row("  bot", describeStartUp(startUp.bot)),
    row("  function", describeStartUp(startUp.function)),
    "",
    ...describeEngine(engine),
    "",
    ...roundTrips("idle, one conversation", idle),
    ...roundTrips(`${loaded.conversations} conversations at once`, loaded),
    note("from a user's message to the proactive reply; floor: Azurite, the host's polling wait, plain HTTP requests"),
    note("idle, most of the time is that wait: random variation changes each p50 by about 10 %"),
    "",
  ];
  if (memory) {
    const each = memory.processes.map(({ name, peak }) => `${name} ${megabytes(peak)}`).join(", ");
    lines.push(row("peak memory", megabytes(memory.peak)), note(`each at its peak: ${each}`));
  } else {
    lines.push(row("peak memory", "not measured: this system has no /proc"));
  }
  return lines.join("\n");
}

function roundTrips(name: string, { p50, p95, samples, floor, ratio }: RoundTrips): string[] {
  const times = (p: { p50: number; p95: number }) => `p50 ${milliseconds(p.p50)}   p95 ${milliseconds(p.p95)}`;
  return [
    row(name, `${times({ p50, p95 })}   ${samples} messages`),
    row("  floor", `${times(floor)}   ${floor.samples} messages`),
    row("  p50 / floor p50", ratio.toFixed(2), describeTarget(ratio <= targets.ratio, `<= ${targets.ratio}`)),
  ];
}

function describeStartUp(startUp: StartUp | null): string {
  if (!startUp) return "not measured: this system has no /proc";
  const { bundled, unbundled, ratio, starts } = startUp;
  const times = `bundled ${milliseconds(bundled)}   unbundled ${milliseconds(unbundled)}   ${ratio.toFixed(1)} times`;
  return `${times}   medians of ${starts}`;
}

function describeEngine(engine: EngineTimes | null): string[] {
  if (!engine)
    return [row("the real Pulumi engine", "not measured: the Pulumi CLI is missing. npm run engine builds it")];
  const { resources, preview, up, upAgain, destroy } = engine.lifecycle;
  const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`;
  return [
    row("the real Pulumi engine", `${resources} resources, with stand-ins for the apps and without type checks`),
    row(
      "  preview, up",
      `${seconds(preview)}, ${seconds(up)}   up again ${seconds(upAgain)}   destroy ${seconds(destroy)}`,
    ),
    row("  preview without changes", describePreview(engine.unchanged)),
    row("  first preview after a change", `${milliseconds(engine.checking)}   with type checks of the program`),
  ];
}

function describePreview({ program, empty, ratio, previews }: Preview): string {
  const met = describeTarget(ratio <= targets.preview, `<= ${targets.preview}`);
  const times = `${milliseconds(program)}   empty program ${milliseconds(empty)}   ${ratio.toFixed(2)} times`;
  return `${times}   ${met}   medians of ${previews}`;
}

function row(name: string, ...cells: string[]): string {
  return `${name.padEnd(30)}${cells.join("   ")}`;
}

function note(text: string): string {
  return row("", text);
}

function describeTarget(met: boolean, text: string): string {
  return `(target ${text}: ${met ? "met" : "missed"})`;
}

function milliseconds(value: number): string {
  return `${value.toFixed(value < 100 ? 1 : 0).padStart(5)} ms`;
}

function bytes(count: number): string {
  return `${count.toLocaleString("en")} bytes`;
}

function megabytes(count: number): string {
  return `${Math.round(count / 2 ** 20)} MB`;
}
