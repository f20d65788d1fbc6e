/** White space (no-break spaces too) and invisible marks: zero-width ones and those for right-to-left text. */
const blank = /[\s\p{Cf}]/u;
const blankOrStop = /[\s\p{Cf}.!?,;:]/u;

/** The text without white space and invisible marks at its ends. */
export function trimmed(text: string): string {
  return withoutEnd(text.slice(blanksBefore(text)), blank);
}

/** The form in which keywords and choices are compared: without case, width, invisible marks and a full stop at the end. */
export function keyword(text: string): string {
  const visible = text
    .normalize("NFKC")
    .replace(/\p{Cf}+/gu, "")
    .replace(/\s+/g, " ");
  return withoutEnd(trimmed(visible), blankOrStop).toLowerCase();
}

/** A text or a number as text; empty for anything else. */
export function asText(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

// Both go unit by unit: an expression such as /\s+$/ takes quadratic time for a long run of spaces in the middle.

function blanksBefore(text: string): number {
  let start = 0;
  while (start < text.length && blank.test(text.charAt(start))) start++;
  return start;
}

function withoutEnd(text: string, unwanted: RegExp): string {
  let end = text.length;
  while (end > 0 && unwanted.test(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}
