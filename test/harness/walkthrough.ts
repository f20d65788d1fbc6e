import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

/** A block of a page of docs: its language, the file in its title, its text. */
export interface Block {
  language: string;
  /** Relative to the repository; undefined: the block has no file. */
  file?: string;
  text: string;
}

/** The headings of a page's sections. */
export function headingsOf(page: string): string[] {
  return [...page.matchAll(/^## (.+)$/gm)].map(([, heading = ""]) => heading);
}

/** The code blocks of a page's section, by its heading. @throws Error when the page has no such heading */
export function blocksOf(page: string, heading: string): Block[] {
  const [, section] = page.split(new RegExp(`^## ${heading}$`, "m"));
  if (section === undefined) throw new Error(`The page has no section "${heading}".`);
  const [own = ""] = section.split(/^## /m);
  return [...own.matchAll(/^```(\w+)(?: (\S+))?\n(.*?)^```$/gms)].map(([, language = "", file, text = ""]) => ({
    language,
    file,
    text,
  }));
}

/** Writes the files of blocks with a title, as a reader of the page would: a `diff` changes a file, any other block is a whole file. */
export function applyBlocks(root: string, blocks: Block[]): void {
  for (const { language, file, text } of blocks) {
    if (file === undefined) continue;
    const target = path.join(root, file);
    writeFileSync(target, language === "diff" ? patched(readFileSync(target, "utf8"), text, file) : text);
  }
}

/** Applies a diff without line numbers: each of its hunks, with an empty line between two, must fit in exactly one place. */
function patched(text: string, diff: string, file: string): string {
  return diff.split(/^\n/m).reduce((whole, hunk) => {
    const lines = hunk.split("\n").filter(Boolean);
    const side = (sign: string) =>
      lines.filter((line) => line.startsWith(" ") || line.startsWith(sign)).map((line) => `${line.slice(1)}\n`);
    const [before, after] = [side("-").join(""), side("+").join("")];
    const parts = whole.split(before);
    if (parts.length !== 2) throw new Error(`This part of ${file} is there ${parts.length - 1} times:\n${before}`);
    return parts.join(after);
  }, text);
}
