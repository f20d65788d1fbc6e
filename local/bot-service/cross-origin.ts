import type { RequestHandler } from "express";

/** Lets pages of any origin call Direct Line, as the real one does: the credential is in a header, never in a cookie. */
export const crossOrigin: RequestHandler = (request, response, next) => {
  response.setHeader("access-control-allow-origin", "*");
  response.setHeader("access-control-expose-headers", "retry-after");
  if (request.method !== "OPTIONS") return next();
  // Echoed rather than listed: clients add headers of their own (x-ms-bot-agent, x-requested-with …).
  const asked = request.headers["access-control-request-headers"];
  response.setHeader("access-control-allow-headers", asked ?? "authorization, content-type, x-ms-bot-agent");
  response.setHeader("access-control-allow-methods", "GET, POST, OPTIONS");
  response.setHeader("access-control-max-age", "600");
  response.setHeader("vary", "access-control-request-headers");
  response.status(204).end();
};
