import { STATUS_CODES } from "node:http";
import { type ErrorRequestHandler, type RequestHandler, Router } from "express";
import { InvalidMessageError, MessageTooLargeError } from "../../core/message/invalid-message";
import { ForgedEventError, signatureHeaders } from "../../core/message/signed-event";
import { perMinute } from "../rate-limit";
import { type Refusal, RefusedError } from "../refused";
import { BodyTooLargeError, bodyText } from "./body-text";
import { TooBusyError } from "./in-flight";
import type { Notifications } from "./notifications";
import { openApi } from "./open-api";

/** Bytes of a body: 48 KiB of JSON as Base64. */
const bodyLimit = 64 * 1024;

/** Refused signatures a minute from one address that are answered, and logged, as such. */
const forgeriesAMinute = 20;

/** `POST /api/notify`, the custom API: what `notifications` take, over HTTP; and the document that describes it. */
export function notifyApi(notifications: Notifications): Router {
  const take: RequestHandler = async (request, response) => {
    if (!signatureHeaders.every((name) => request.headers[name])) throw new ForgedEventError("it is not signed");
    const Message = await bodyText(request, bodyLimit);
    response.status(202).json({ id: await notifications.take({ ...request.headers, Message }) });
  };
  const description = openApi();
  const document: RequestHandler = (_request, response) => void response.json(description);
  return Router()
    .post("/api/notify", take, drain, limitForgers(), refuseNotification)
    .all("/api/notify", allowPostOnly)
    .get("/api/openapi.json", document);
}

const allowPostOnly: RequestHandler = (_request, response) => {
  response.status(405).set("Allow", "POST").json({ error: STATUS_CODES[405] });
};

/** The caller gets its answer before it has sent everything, and reads it: the rest must go somewhere. */
const drain: ErrorRequestHandler = (error, request, _response, next) => {
  request.resume();
  next(error);
};

/** Counts refused signatures only: whoever signs well is never kept waiting by who does not, behind the same address. */
function limitForgers(): ErrorRequestHandler {
  const limit = perMinute(forgeriesAMinute);
  return (error, request, response, next) => {
    if (!(error instanceof ForgedEventError)) return next(error);
    limit(request, response, (problem) => next(problem ?? error));
  };
}

const refuseNotification: ErrorRequestHandler = (error, _request, _response, next) => next(refusedFor(error));

/** What nobody foresaw is taken for a bad moment: the caller tries again, and nothing is lost. */
function refusedFor(error: unknown): RefusedError {
  if (error instanceof ForgedEventError) return refused(401, { cause: error });
  if (error instanceof BodyTooLargeError) return refused(413, { cause: error });
  if (error instanceof InvalidMessageError) {
    const { message, field } = error;
    return refused(error instanceof MessageTooLargeError ? 413 : 400, { error: message, field, cause: error });
  }
  if (error instanceof TooBusyError) return refused(429, { retryAfter: 1, cause: error });
  return refused(503, { retryAfter: 5, cause: error });
}

function refused(status: number, refusal: Partial<Refusal>): RefusedError {
  return new RefusedError(status, { error: STATUS_CODES[status] ?? "refused", ...refusal });
}
