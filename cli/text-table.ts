import { printable } from "./printable";

/** What a cell may hold; nothing is shown of undefined. */
export type Cell = string | number | Date | undefined;

/** Rows as aligned columns under their titles. */
export function textTable(titles: string[], rows: Cell[][]): string {
  const lines = [titles, ...rows.map((row) => row.map(shown))];
  const widths = titles.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? "").length)));
  return lines.map((line) => aligned(line, widths)).join("\n");
}

function aligned(line: string[], widths: number[]): string {
  return widths
    .map((width, column) => (line[column] ?? "").padEnd(width))
    .join("  ")
    .trimEnd();
}

function shown(cell: Cell): string {
  if (cell instanceof Date) return cell.toISOString();
  return printable(String(cell ?? ""));
}
