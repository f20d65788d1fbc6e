import { readFileSync } from "node:fs";
import path from "node:path";
import type { HttpHandler } from "@azure/functions";
import type { Readiness } from "../core/readiness";

/** The process is up, and which version it is. */
export function healthz(): HttpHandler {
  const version = readFileSync(path.join(__dirname, "version.txt"), "utf8").trim();
  return async () => ({ jsonBody: { status: "ok", version } });
}

/** What the function depends on answers too. */
export function readyz(readiness: Readiness): HttpHandler {
  return async () => {
    const ready = await readiness.ready();
    return { status: ready ? 200 : 503, jsonBody: { status: ready ? "ready" : "not ready" } };
  };
}
