import { z } from "zod";
import { ServiceError } from "./service-error";

/** A user or a bot in a conversation. */
export type Account = z.infer<typeof account>;

/** The fields of an activity that the service reads. All other fields (channelData, value, entities …) pass through. */
export type Activity = z.infer<typeof activity>;

/** An activity that a conversation has accepted. */
export type StoredActivity = Activity & { id: string; timestamp: string };

const account = z.looseObject({ id: z.string().optional(), name: z.string().optional(), role: z.string().optional() });

const activity = z.looseObject({
  type: z.string().min(1),
  id: z.string().optional(),
  timestamp: z.string().optional(),
  from: account.optional(),
  recipient: account.optional(),
  replyToId: z.string().optional(),
  deliveryMode: z.string().optional(),
  serviceUrl: z.string().optional(),
});

/** Reads an activity from a request's body. @throws ServiceError 400 that names the invalid field */
export function readActivity(body: unknown): Activity {
  const read = activity.safeParse(body);
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  const field = issue?.path.join(".") || "activity";
  throw new ServiceError(400, "BadArgument", `The activity is not valid: ${field}: ${issue?.message}.`);
}
