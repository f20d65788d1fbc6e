import { z } from "zod";
import { ncrontabProblem } from "./ncrontab";

/** UTF-16 units that always fit into a queue message, beside the longest reference. */
const longestText = 5_000;

/** An entry of the setting `schedules`: a message for many users at certain times. */
export const schedule = z
  .strictObject({
    /** The name in the log and in the ids of its messages. */
    name: z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9-]{0,39}$/, "must be a letter and at most 39 letters, digits and hyphens")
      .optional(),
    /** NCRONTAB, in UTC: `{second} {minute} {hour} {day} {month} {day of the week}`. */
    cron: z.string("must be a schedule").superRefine((text, context) => {
      const problem = ncrontabProblem(text);
      if (problem) context.addIssue({ code: "custom", message: problem });
    }),
    text: z
      .string()
      .min(1, "must not be empty")
      .max(longestText, `must have at most ${longestText} characters`)
      .optional(),
    /** The dialog to start; "" is the default dialog, which also starts without `text` and `dialog`. */
    dialog: z.string().optional(),
    /** Users' ids, or all users that the bot can reach in a private conversation. */
    to: z
      .union(
        [z.literal("all"), z.array(z.string().min(1, "must not be empty")).min(1, "must have at least one user's id")],
        'must be "all" or a list of users\' ids',
      )
      .default("all"),
  })
  .refine(({ text, dialog }) => text === undefined || dialog === undefined, "must have text or dialog, not both");

export type Schedule = z.infer<typeof schedule> & { name: string };

/** The setting `schedules`. An entry without a name gets one by its place in the list. */
export const schedules = z
  .array(schedule, 'must be a list, such as [{"cron": "0 0 9 * * 1-5", "dialog": "learner"}]')
  .max(20, "must have at most 20 entries")
  .transform((list): Schedule[] =>
    list.map((entry, index) => ({ ...entry, name: entry.name ?? `schedule${index + 1}` })),
  )
  .refine(
    (list) => new Set(list.map(({ name }) => name.toLowerCase())).size === list.length,
    "must not have the same name twice",
  );
