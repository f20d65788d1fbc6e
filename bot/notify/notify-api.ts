import { type IncomingMessage, STATUS_CODES } from "node:http";
import { type ErrorRequestHandler, type RequestHandler, Router } from "express";
import { ForgedEventError, signatureHeaders } from "../../core/message/signed-event";
import { answerNotifyError, BodyTooLargeError } from "../http-errors";
import { perMinute } from "../rate-limit";
import type { Dialogs } from "../state/conversations";
import type { Notifications } from "./notifications";
import { openApi } from "./open-api";

/** Bytes of a body: 48 KiB of JSON as Base64. */
const bodyLimit = 64 * 1024;

/** Wrong signatures a minute from one address that are answered, and logged, as such. */
const forgeriesAMinute = 20;

/** `POST /api/notify`, the custom API: a queue message over HTTP; and its OpenAPI document. */
export function notifyApi(notifications: Notifications, dialogs: Dialogs): Router {
  const take: RequestHandler = async (request, response) => {
    if (!signatureHeaders.every((name) => request.headers[name]))
      throw new ForgedEventError("The request is not signed.");
    const Message = await readText(request);
    response.status(202).json({ id: await notifications.take({ ...request.headers, Message }) });
  };
  const description = openApi(dialogs);
  return Router()
    .post("/api/notify", take, drain, limitForgeries(), answerNotifyError)
    .all("/api/notify", allowPostOnly)
    .get("/api/openapi.json", (_request, response) => void response.json(description));
}

const allowPostOnly: RequestHandler = (_request, response) => {
  response.status(405).set("Allow", "POST").json({ error: STATUS_CODES[405] });
};

/** The caller reads its answer after it has sent everything: the rest of the body is read and dropped. */
const drain: ErrorRequestHandler = (error, request, _response, next) => {
  request.resume();
  next(error);
};

/** Counts wrong signatures only: a caller with the secret never waits because of others behind the same address. */
function limitForgeries(): ErrorRequestHandler {
  const limit = perMinute(forgeriesAMinute);
  return (error, request, response, next) => {
    if (!(error instanceof ForgedEventError)) return next(error);
    limit(request, response, (problem) => next(problem ?? error));
  };
}

/** Repairs nothing and drops nothing: other bytes are another text. */
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads a body byte for byte as it was signed: a `Content-Encoding` is not undone. Express's own readers answer a body that is
 * too large only after all of it has come. @throws BodyTooLargeError at once; ForgedEventError: only text can be signed
 */
async function readText(request: IncomingMessage): Promise<string> {
  const tooLarge = new BodyTooLargeError(`The body has more than ${bodyLimit} bytes.`);
  if (Number(request.headers["content-length"]) > bodyLimit) throw tooLarge;
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      size += chunk.length;
      if (size > bodyLimit) break; // the connection stays open for the answer
      chunks.push(chunk);
    }
  } catch {
    throw new ForgedEventError("The connection ended in the middle of the body.");
  }
  if (size > bodyLimit) throw tooLarge;
  try {
    return utf8.decode(Buffer.concat(chunks));
  } catch {
    throw new ForgedEventError("The body is not UTF-8.");
  }
}
