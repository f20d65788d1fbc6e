import { z } from "zod";
import { ncrontabProblem } from "./ncrontab";

/** In UTF-16 units: what a queue message takes for certain, beside the longest reference. */
const longestText = 5_000;

const cron = z.string("must be a schedule").superRefine((text, context) => {
  const problem = ncrontabProblem(text);
  if (problem) context.addIssue({ code: "custom", message: problem });
});

/** What is said at certain times, and to whom: an entry of the setting `schedules`. */
export const schedule = z
  .strictObject({
    /** What the log and the ids of its messages call it. */
    name: z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9-]{0,39}$/, "must be a letter and at most 39 letters, digits and hyphens")
      .optional(),
    /** NCRONTAB, in UTC: `{second} {minute} {hour} {day} {month} {day of the week}`. */
    cron,
    text: z
      .string()
      .min(1, "must not be empty")
      .max(longestText, `must have at most ${longestText} characters`)
      .optional(),
    /** The dialog to start; "" is the default one, as it is where there is no text either. */
    dialog: z.string().optional(),
    /** Users' ids, or everyone whom the bot can speak to alone. */
    to: z
      .union(
        [z.literal("all"), z.array(z.string().min(1, "must not be empty")).min(1, "must name somebody")],
        'must be "all" or a list of users\' ids',
      )
      .default("all"),
  })
  .refine(({ text, dialog }) => text === undefined || dialog === undefined, "must have text or dialog, not both");

export type Schedule = z.infer<typeof schedule> & { name: string };

/** Every entry with its name: its place in the list, where it has none. */
export const schedules = z
  .array(schedule, 'must be a list, such as [{"cron": "0 0 9 * * 1-5", "dialog": "learner"}]')
  .max(20, "must have at most 20 entries")
  .transform((list): Schedule[] =>
    list.map((entry, index) => ({ ...entry, name: entry.name ?? `schedule${index + 1}` })),
  )
  .refine(
    (list) => new Set(list.map(({ name }) => name.toLowerCase())).size === list.length,
    "must not have one name twice",
  );
