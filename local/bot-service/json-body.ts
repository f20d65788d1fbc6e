import express, { type RequestHandler } from "express";

/** Bytes, for Direct Line and the Connector. Source: Bot Framework's FAQ ("262,144 bytes"). */
export const activityLimit = 262_144;

/** Reads JSON with any content type. The real service also accepts clients that send none. */
export function jsonBody(): RequestHandler {
  return express.json({ limit: activityLimit, type: () => true });
}
