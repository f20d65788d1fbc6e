import { z } from "zod";
import { fromChunks } from "../core/tables/entity";

/** What somebody answered in a dialog, in one conversation. */
export interface Answered {
  channelId: string;
  conversationId: string;
  userId?: string;
  dialog: string;
  /** ISO time. */
  at: string;
  answers: Record<string, string | number>;
}

/** The bot's state of a conversation, as far as it matters here. */
const memory = z.object({
  answers: z
    .record(
      z.string(),
      z.object({
        at: z.string(),
        by: z.string().optional(),
        answers: z.record(z.string(), z.union([z.string(), z.number()])),
      }),
    )
    .optional(),
});

/** botbuilder's key for a conversation's state, whose end may be cut off. */
const conversationKey = /^([^/]+)\/conversations\/(.+?)\/?$/s;

/** The answers that a row of the table `botstate` holds. */
export function answersIn({ key, ...entity }: Record<string, unknown>): Answered[] {
  const [, channelId, conversationId] = conversationKey.exec(String(key)) ?? [];
  if (!channelId || !conversationId) return [];
  const { success, data } = memory.safeParse(fromChunks(entity));
  const known = success ? Object.entries(data.answers ?? {}) : [];
  return known.map(([dialog, { at, by, answers }]) => ({ channelId, conversationId, userId: by, dialog, at, answers }));
}
