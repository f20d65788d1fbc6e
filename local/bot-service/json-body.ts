import express, { type RequestHandler } from "express";

/** Bytes; source: Bot Framework's FAQ ("262,144 bytes"), for Direct Line and the Connector alike. */
export const activityLimit = 262_144;

/** Reads JSON whatever the content type says, as the real service does for clients that send none. */
export function jsonBody(): RequestHandler {
  return express.json({ limit: activityLimit, type: () => true });
}
