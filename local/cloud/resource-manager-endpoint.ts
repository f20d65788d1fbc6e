import type { IncomingMessage } from "node:http";
import { createServer, type Server } from "node:https";
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from "express";
import { Callers } from "../access/callers";
import type { Certificates } from "../certificates";
import { listen, stop } from "../listen";
import { ArmError } from "./arm-error";
import type { LocalCloud } from "./local-cloud";
import type { ResourceManager } from "./resource-manager";
import type { Properties } from "./resource-type";

const audience = "https://management.azure.com";

/**
 * The part of Azure Resource Manager's own interface that a person or the program needs: it lists resources, reads, changes and deletes
 * one, restarts apps, and purges deleted vaults. Bodies have azure-native's shape: the members of ARM's `properties` lie beside the name.
 * @see learn.microsoft.com/rest/api/resources/resources
 */
export class ResourceManagerEndpoint {
  private constructor(
    private readonly server: Server,
    /** No slash at the end. */
    readonly url: string,
  ) {}

  static async open(cloud: LocalCloud, resources: ResourceManager): Promise<ResourceManagerEndpoint> {
    const { cert, key }: Certificates = cloud.certificates;
    const server = createServer({ cert, key }, routes(cloud, resources));
    return new ResourceManagerEndpoint(server, `https://127.0.0.1:${await listen(server)}`);
  }

  close(): Promise<void> {
    return stop(this.server);
  }
}

function routes(cloud: LocalCloud, resources: ResourceManager): Express {
  const subscription = `/subscriptions/${cloud.subscriptionId}`;
  const azures = () => resources.all.filter(({ token }) => token.startsWith("azure-native:"));
  const find = (id: string) => azures().find((resource) => resource.id.toLowerCase() === id.toLowerCase());

  return express()
    .disable("x-powered-by")
    .use(onlyOperator(cloud))
    .use(express.json())
    .get("/subscriptions", (_request, response) => {
      const { subscriptionId, entra } = cloud;
      response.json({ value: [{ id: subscription, subscriptionId, tenantId: entra.tenantId, state: "Enabled" }] });
    })
    .get(`${subscription}/resources`, (_request, response) => {
      response.json({ value: azures().map(({ id, outputs }) => ({ id, ...outputs })) });
    })
    .get(`${subscription}/providers/Microsoft.KeyVault/deletedVaults`, (_request, response) => {
      response.json({ value: resources.deletedVaults });
    })
    .post(
      `${subscription}/providers/Microsoft.KeyVault{/locations/:location}/deletedVaults/:name/purge`,
      async (request, response) => {
        await resources.purge(String(request.params.name));
        response.status(200).end();
      },
    )
    .post("/*id/restart", async (request, response) => {
      const id = idOf(request).slice(0, -"/restart".length);
      const known = find(id);
      if (known?.token !== "azure-native:web:WebApp") throw notFound(request);
      await cloud.site(String(known.outputs.name)).restart();
      response.status(200).end();
    })
    .get("/*id", async (request, response) => {
      const found = await resources.read(idOf(request));
      if (!found) throw notFound(request);
      response.json({ id: found.id, ...found.outputs });
    })
    .patch("/*id", async (request, response) => {
      const known = find(idOf(request));
      if (!known) throw notFound(request);
      const { id, outputs } = await resources.update(known.token, known.id, merge(known.inputs, request.body));
      response.json({ id, ...outputs });
    })
    .delete("/*id", async (request, response) => {
      const there = find(idOf(request)) !== undefined;
      await resources.delete(idOf(request));
      response.status(there ? 200 : 204).end();
    })
    .use(refuse);
}

function onlyOperator({ entra, operator }: LocalCloud): RequestHandler {
  const callers = new Callers(entra, [audience, `${audience}/`]);
  return async (request, _response, next) => {
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
    if (!token) throw new ArmError("AuthenticationFailed", "The 'Authorization' header is missing.");
    const caller = await callers.identify(token).catch((error: Error) => {
      throw new ArmError("InvalidAuthenticationToken", error.message);
    });
    if (caller.objectId === operator.objectId) return next();
    throw new ArmError("AuthorizationFailed", `${caller.name} has no right to perform this action.`);
  };
}

/** The path as it came, escapes undone; queries such as `api-version` say nothing here. */
function idOf(request: IncomingMessage): string {
  return decodeURIComponent(new URL(request.url ?? "/", "https://127.0.0.1").pathname);
}

function notFound(request: IncomingMessage): ArmError {
  return new ArmError("ResourceNotFound", `the resource ${idOf(request)} does not exist`);
}

/** JSON merge patch: RFC 7396. */
function merge(target: Properties, patch: Properties): Properties {
  const merged = { ...target };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = isObject(value) ? merge(isObject(merged[key]) ? merged[key] : {}, value) : value;
  }
  return merged;
}

function isObject(value: unknown): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const statuses: Record<string, number> = {
  AuthenticationFailed: 401,
  InvalidAuthenticationToken: 401,
  AuthorizationFailed: 403,
  ResourceNotFound: 404,
  Conflict: 409,
};

const refuse: ErrorRequestHandler = (error: Error & { code?: string }, _request, response, _next) => {
  const code = error.code ?? "BadRequest";
  response.status(statuses[code] ?? 400).json({ error: { code, message: error.message } });
};
