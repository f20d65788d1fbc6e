import { readFileSync } from "node:fs";
import path from "node:path";
import { type RequestHandler, Router } from "express";
import type { Readiness } from "../core/readiness";

/** `/healthz`: the process is up, and which version it is. `/readyz`: what it depends on answers too. */
export function health(readiness: Readiness): Router {
  const version = readFileSync(path.join(__dirname, "version.txt"), "utf8").trim();
  const healthz: RequestHandler = (_request, response) => {
    response.json({ status: "ok", version });
  };
  const readyz: RequestHandler = async (_request, response) => {
    const ready = await readiness.ready();
    response.status(ready ? 200 : 503).json({ status: ready ? "ready" : "not ready" });
  };
  return Router().get("/healthz", healthz).get("/readyz", readyz);
}
