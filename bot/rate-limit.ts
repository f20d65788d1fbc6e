import { STATUS_CODES } from "node:http";
import type { Request, RequestHandler } from "express";
import { ipKeyGenerator, rateLimit } from "express-rate-limit";

/** Answers 429 to more requests than the limit, from one address in a minute. */
export function perMinute(limit: number): RequestHandler {
  return rateLimit({
    windowMs: 60_000,
    limit,
    standardHeaders: "draft-8",
    legacyHeaders: false,
    keyGenerator: address,
    message: { error: STATUS_CODES[429] },
  });
}

/** App Service's front end writes `address:port`. */
function address(request: Request): string {
  const ip = request.ip ?? "";
  return ipKeyGenerator(ip.replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, "$1").replace(/^\[(.+)\]:\d+$/, "$1"));
}
