import { z } from "zod";

/** The longest id or name, in UTF-16 units: Teams' ids have some 200, and an id is part of a channel's URL. */
export const longestId = 1_024;

/** Half a surrogate pair is no character: it has no UTF-8, and a channel refuses it. */
const half = /\p{Surrogate}/u;

/** A text that UTF-8 can carry. */
export const text = z.string().refine((value) => !half.test(value), "expected text without half a surrogate pair");

/** What a channel calls something. */
export const name = text.max(longestId, `expected at most ${longestId} characters`);

/** The name without which nothing is found. */
export const id = name.min(1, "expected an id, not an empty text");
