import { STATUS_CODES } from "node:http";
import type { Request, RequestHandler } from "express";
import { ipKeyGenerator, rateLimit } from "express-rate-limit";

/** Lets so many requests a minute through from one address, and answers 429 to the others. */
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
