import { z } from "zod";

/** The longest id or name, in UTF-16 units: Teams' ids have some 200, and an id is part of a channel's URL. */
export const longestId = 1_024;

/** Half a surrogate pair is no character: it has no UTF-8, and a channel refuses it. */
const half = /\p{Surrogate}/u;

/** Whether a text shows nothing: white space and invisible marks only, such as a zero-width space. */
export function isBlank(value: string): boolean {
  return !/[^\s\p{Cf}]/u.test(value);
}

/** A text that UTF-8 can carry. */
export const text = z.string().refine((value) => !half.test(value), "expected text without half a surrogate pair");

const tooLong = `expected at most ${longestId} characters`;

/** What a channel says of somebody or something. Channels cut names short, in the middle of a pair, too. */
export const name = z.string().max(longestId, tooLong);

/** By what a channel finds somebody or something. */
export const id = text.min(1, "expected an id, not an empty text").max(longestId, tooLong);
