import { Router } from "express";
import { liveness, type Readiness } from "../core/health";

/** `/healthz`: the process runs, and in which version. `/readyz`: the bot reaches everything it needs. */
export function health(readiness: Readiness): Router {
  const live = liveness();
  return Router()
    .get("/healthz", (_request, response) => void response.json(live.body))
    .get("/readyz", async (_request, response) => {
      const { status, body } = await readiness.answer();
      response.status(status).json(body);
    });
}
