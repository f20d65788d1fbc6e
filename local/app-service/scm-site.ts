import { randomUUID } from "node:crypto";
import { createServer, type Server } from "node:https";
import express, { type Express, type RequestHandler } from "express";
import type { Certificates } from "../certificates";
import { listen, stop } from "../listen";
import { Deployment } from "./deployment";

/** Azure allows 2 GB: learn.microsoft.com/azure/app-service/deploy-zip. The apps' zips have a few MB. */
const zipLimit = "100mb";

export interface ScmOptions {
  certificates: Certificates;
  /** Rejects a bearer token without the right to deploy. */
  authorize(token: string): Promise<unknown>;
  /** Replaces the running app with a zip's content. */
  deploy(zip: Buffer): Promise<void>;
}

/** The SCM site of an app, which receives its code: OneDeploy and zip deploy, both asynchronous. Basic credentials are disabled. */
export class ScmSite {
  private constructor(
    private readonly server: Server,
    readonly hostName: string,
  ) {}

  static async open(options: ScmOptions): Promise<ScmSite> {
    const { cert, key } = options.certificates;
    const server = createServer({ cert, key }, routes(options));
    return new ScmSite(server, `127.0.0.1:${await listen(server)}`);
  }

  close(): Promise<void> {
    return stop(this.server);
  }
}

function routes({ authorize, deploy }: ScmOptions): Express {
  const deployments = new Map<string, Deployment>();
  const push: RequestHandler = (request, response) => {
    if (deployments.get("latest")?.complete === false) {
      return void response.status(409).send("There is a deployment currently in progress.");
    }
    const deployment = new Deployment(randomUUID(), deploy(request.body));
    deployments.set(deployment.id, deployment).set("latest", deployment);
    response.status(202).location(`/api/deployments/${deployment.id}`).end();
  };
  const show: RequestHandler = (request, response) => {
    const deployment = deployments.get(String(request.params.id));
    if (deployment) response.status(deployment.complete ? 200 : 202).json(deployment.describe());
    else response.status(404).end();
  };
  const log: RequestHandler = (request, response) => {
    const deployment = deployments.get(String(request.params.id));
    response.json(deployment ? deployment.log() : []);
  };
  const bearer: RequestHandler = async (request, response, next) => {
    const token = request.headers.authorization?.match(/^Bearer (.+)$/)?.[1];
    const known =
      token &&
      (await authorize(token).then(
        () => true,
        () => false,
      ));
    if (known) next();
    else response.status(401).end();
  };
  return express()
    .use(bearer)
    .post(["/api/publish", "/api/zipdeploy"], express.raw({ type: "application/zip", limit: zipLimit }), push)
    .get("/api/deployments/:id", show)
    .get("/api/deployments/:id/log", log);
}
