import { STATUS_CODES } from "node:http";
import type { ErrorRequestHandler } from "express";
import { z } from "zod";
import { ForgedEventError } from "../core/message/signed-event";
import { UnauthorizedError } from "./channel/channel-adapter";
import { ForbiddenServiceError } from "./channel/service-hosts";
import { log, reason } from "./log";
import { RefusedError } from "./refused";

/** Turns what a request threw into its status. Strangers learn the status, the log learns the reason. */
export const refuse: ErrorRequestHandler = (error, request, response, _next) => {
  const { status, refusal } = error instanceof RefusedError ? error : refusedFor(error);
  const { cause = error, retryAfter, ...body } = refusal;
  log(status < 500 ? "warn" : "error", "request failed", { path: request.path, status, reason: reason(cause) });
  if (retryAfter) response.setHeader("Retry-After", String(retryAfter));
  response.status(status).json(body);
};

function refusedFor(error: unknown): RefusedError {
  const status = statusFor(error);
  const text = message(error, status);
  return new RefusedError(status, { error: text, cause: error instanceof z.ZodError ? new Error(text) : error });
}

function statusFor(error: unknown): number {
  if (error instanceof UnauthorizedError) return 401;
  if (error instanceof ForbiddenServiceError || error instanceof ForgedEventError) return 403;
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
