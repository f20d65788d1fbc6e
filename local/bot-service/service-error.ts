import type { ErrorRequestHandler, RequestHandler, Response } from "express";

/** An error that is sent to the caller as `{"error": {"code", "message"}}` with the status, as Bot Service does. */
export class ServiceError extends Error {
  override readonly name = "ServiceError";

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }

  get body(): { error: { code: string; message: string } } {
    return { error: { code: this.code, message: this.message } };
  }
}

/** The 501 for an operation that only the real service supports. Its message names the operation. */
export function notSupported(operation: string): ServiceError {
  return new ServiceError(501, "NotSupported", `The local Bot Service does not support ${operation}.`);
}

/** Answers 404 in the service's format. */
export const unknownPath: RequestHandler = (request) => {
  throw new ServiceError(
    404,
    "NotFound",
    `The path ${request.baseUrl}${request.path} does not exist for ${request.method}.`,
  );
};

/** Answers errors in the service's format. An unexpected error is logged and answered with 500. */
export function answerErrors(log: (line: string) => void): ErrorRequestHandler {
  return (error: unknown, _request, response: Response, next) => {
    if (response.headersSent) return next(error);
    const known = asServiceError(error);
    if (!known) log(`bot service: internal error: ${error instanceof Error ? error.message : String(error)}`);
    const answer = known ?? new ServiceError(500, "ServiceError", "The local Bot Service failed. See its log.");
    response.status(answer.status).json(answer.body);
  };
}

function asServiceError(error: unknown): ServiceError | undefined {
  if (error instanceof ServiceError) return error;
  const { status, type } = error as { status?: number; type?: string };
  if (type === "entity.too.large") return new ServiceError(413, "PayloadTooLarge", "The activity is too large.");
  if (type === "entity.parse.failed") return new ServiceError(400, "BadArgument", "The body is not valid JSON.");
  if (status !== undefined && status >= 400 && status < 500) {
    return new ServiceError(status, "BadArgument", "The request is malformed.");
  }
  return undefined;
}
