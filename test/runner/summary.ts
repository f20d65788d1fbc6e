import type { Result } from "./job";

interface Count {
  suite: string;
  files: number;
  passed: number;
  failed: number;
  skipped: number;
  seconds: number;
}

const columns = ["suite", "files", "passed", "failed", "skipped", "seconds"] as const;

/** A line for a job that has ended; below it the whole of each failure, and what the process wrote. */
export function report({ job, seconds, passed, failures, skipped, output }: Result): string {
  const word = failures.length ? "FAIL" : "ok";
  const counts = Object.entries({ passed, failed: failures.length, skipped: skipped.length }).filter(([, n]) => n > 0);
  const cells = [
    word.padEnd(4),
    `${seconds.toFixed(1)} s`.padStart(7),
    job.name,
    counts.map(([what, n]) => `${n} ${what}`).join(", "),
  ];
  const line = cells.join("  ").trimEnd();
  if (failures.length === 0) return line;
  const texts = failures.map(({ name, text }) => `${name}\n${text}`);
  if (output.trim()) texts.push(`Output:\n${output}`);
  return [line, ...texts.map((text) => text.trim().replace(/^(?=.)/gm, "      ")), ""].join("\n\n");
}

/** A table with a row for each suite, the failed tests, and why tests were skipped. */
export function summary(results: Result[], seconds: number): string {
  const suites = [...new Set(results.map(({ job }) => job.suite))];
  const counts = suites.map((suite) =>
    count(
      suite,
      results.filter(({ job }) => job.suite === suite),
    ),
  );
  // Jobs run side by side: their seconds add up to more than the whole run takes.
  const rows = [...counts, { ...count("all", results), seconds }].map((row) =>
    columns.map((column) => text(row[column])),
  );
  const table = [[...columns], ...rows].map((row) =>
    row.map((cell, n) => (n ? cell.padStart(9) : cell.padEnd(11))).join(""),
  );
  return [table.join("\n"), failed(results), skips(results)].filter(Boolean).join("\n\n");
}

function count(suite: string, results: Result[]): Count {
  const sum = (of: (result: Result) => number) => results.reduce((total, result) => total + of(result), 0);
  return {
    suite,
    files: results.length,
    passed: sum(({ passed }) => passed),
    failed: sum(({ failures }) => failures.length),
    skipped: sum(({ skipped }) => skipped.length),
    seconds: sum((result) => result.seconds),
  };
}

function text(cell: string | number): string {
  return typeof cell === "string" ? cell : cell.toFixed(0);
}

function failed(results: Result[]): string {
  const lines = results.flatMap(({ job, failures }) => failures.map(({ name }) => `  ${job.name}: ${name}`));
  return lines.length ? ["Failed:", ...lines].join("\n") : "";
}

function skips(results: Result[]): string {
  const lines = results.flatMap(({ job, skipped }) => [...new Set(skipped)].map((why) => `  ${job.name}: ${why}`));
  return lines.length ? ["Skipped:", ...lines].join("\n") : "";
}
