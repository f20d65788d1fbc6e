import { STATUS_CODES } from "node:http";
import type { ErrorRequestHandler } from "express";
import { z } from "zod";
import { InvalidMessageError, MessageTooLargeError } from "../core/message/invalid-message";
import { ForgedEventError } from "../core/message/signed-event";
import { UnauthorizedError } from "./channel/channel-adapter";
import { ForbiddenServiceError } from "./channel/service-hosts";
import { callsOf, log, reason } from "./log";

/** More work than one process can do at a time. */
export class TooBusyError extends Error {
  override readonly name = "TooBusyError";
}

/** A body of more bytes than are read. */
export class BodyTooLargeError extends Error {
  override readonly name = "BodyTooLargeError";
}

/** The answer to a request that failed. A stranger gets no reason, no text and no secret. */
interface Refusal {
  status: number;
  /** For the caller; absent: the name of the status. */
  error?: string;
  /** The path to the wrong part of the body, such as `relatesTo.channelId`, or the name of a header. */
  field?: string;
  /** Seconds after which another try makes sense. */
  retryAfter?: number;
}

/** Answers requests that failed; the log gets the reason. */
export const answerError: ErrorRequestHandler = (error, request, response, _next) => {
  answer(request.path, response, error, refusalOf(error));
};

/** The same for the custom API: after an unexpected error its caller tries again, and nothing is lost. */
export const answerNotifyError: ErrorRequestHandler = (error, request, response, _next) => {
  answer(request.path, response, error, notifyRefusalOf(error));
};

function answer(path: string, response: Parameters<ErrorRequestHandler>[2], error: unknown, refusal: Refusal): void {
  const { status, retryAfter, error: text = STATUS_CODES[status], field } = refusal;
  const details = { path, status, reason: error instanceof z.ZodError ? `Error: ${text}` : reason(error) };
  if (status < 500) log("warn", "request failed", details);
  else log("error", "request failed", { ...details, stack: callsOf(error as Error) });
  if (retryAfter) response.setHeader("Retry-After", String(retryAfter));
  response.status(status).json({ error: text, field });
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof UnauthorizedError) return { status: 401 };
  if (error instanceof ForbiddenServiceError || error instanceof ForgedEventError) return { status: 403 };
  if (error instanceof z.ZodError) {
    const field = error.issues[0]?.path.join(".") || "the body";
    return { status: 400, error: `not an activity: ${field} is missing or not valid` };
  }
  const { status = 500, type } = error as { status?: number; type?: string }; // of express, for a body that it cannot read
  if (type === "entity.parse.failed") return { status, error: "not JSON" };
  return { status: status >= 400 && status < 500 ? status : 500 };
}

function notifyRefusalOf(error: unknown): Refusal {
  if (error instanceof ForgedEventError) return { status: 401 };
  if (error instanceof BodyTooLargeError) return { status: 413 };
  if (error instanceof InvalidMessageError) {
    const { message, field } = error;
    return { status: error instanceof MessageTooLargeError ? 413 : 400, error: message, field };
  }
  if (error instanceof TooBusyError) return { status: 429, retryAfter: 1 };
  return { status: 503, retryAfter: 5 };
}
