import { STATUS_CODES } from "node:http";
import type { ErrorRequestHandler } from "express";
import { z } from "zod";
import { ForgedEvent } from "../message";
import { Unauthorized } from "./channel-adapter";
import { log, reason } from "./log";
import { Refused } from "./refused";
import { ForbiddenService } from "./service-hosts";

/** Turns what a request threw into its status. Strangers learn the status, the log learns the reason. */
export const refuse: ErrorRequestHandler = (error, request, response, _next) => {
  const { status, refusal } = error instanceof Refused ? error : refusedFor(error);
  const { cause = error, retryAfter, ...body } = refusal;
  log(status < 500 ? "warn" : "error", "request failed", { path: request.path, status, reason: reason(cause) });
  if (retryAfter) response.setHeader("Retry-After", String(retryAfter));
  response.status(status).json(body);
};

function refusedFor(error: unknown): Refused {
  const status = statusFor(error);
  const text = message(error, status);
  return new Refused(status, { error: text, cause: error instanceof z.ZodError ? new Error(text) : error });
}

function statusFor(error: unknown): number {
  if (error instanceof Unauthorized) return 401;
  if (error instanceof ForbiddenService || error instanceof ForgedEvent) return 403;
  if (error instanceof z.ZodError) return 400;
  const { status } = error as { status?: number }; // what express gives a body that is too large or not JSON
  return status && status >= 400 && status < 500 ? status : 500;
}

function message(error: unknown, status: number): string {
  if (error instanceof z.ZodError)
    return `not an activity: ${error.issues[0]?.path.join(".") || "the body"} is missing or not valid`;
  if ((error as { type?: string }).type === "entity.parse.failed") return "not JSON";
  return STATUS_CODES[status] ?? "refused";
}
