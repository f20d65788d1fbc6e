/** A cell of a table; undefined is shown as an empty cell. */
export type Cell = string | number | Date | undefined;

/** Rows in aligned columns below their titles. */
export function textTable(titles: string[], rows: Cell[][]): string {
  const lines = [titles, ...rows.map((row) => row.map(cellText))];
  const widths = titles.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? "").length)));
  const aligned = lines.map((line) => widths.map((width, column) => (line[column] ?? "").padEnd(width)));
  return aligned.map((cells) => cells.join("  ").trimEnd()).join("\n");
}

function cellText(cell: Cell): string {
  return cell instanceof Date ? cell.toISOString() : printable(String(cell ?? ""));
}

/** A text without control characters and bidirectional marks: users choose their ids and names, and could move the cursor. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Bidi_Control}]/gu, "\uFFFD");
}

/** The same for a text of several lines. */
export function printableLines(text: string): string {
  return text.split("\n").map(printable).join("\n");
}

/** `1 message`, `2 messages`. */
export function countOf(count: number, singular: string, plural = `${singular}s`): string {
  return `${count} ${count === 1 ? singular : plural}`;
}

/** A shell's argument, in quotes only where it needs them. */
export function shellArgument(text: string): string {
  return /^[\w./:,@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
