import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import { listen, stop } from "../listen";
import type { Entra } from "./entra";
import type { Principal } from "./principal";

/** The environment variables with which an app requests tokens. */
export interface IdentityVariables {
  IDENTITY_ENDPOINT: string;
  IDENTITY_HEADER: string;
}

const apiVersion = "2019-08-01";

/**
 * App Service's token endpoint, protocol 2019-08-01: GET ?resource=…&client_id=… with the caller's secret in X-IDENTITY-HEADER.
 * Source: learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference.
 */
export class ManagedIdentityEndpoint {
  private readonly server = createServer((request, response) => {
    this.answer(request).then(
      ({ status, body }) =>
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body)),
      (error) => response.writeHead(500).end(String(error)),
    );
  });
  private readonly callers = new Map<string, Caller>();
  private url = "";

  private constructor(private readonly entra: Entra) {}

  static async open(entra: Entra): Promise<ManagedIdentityEndpoint> {
    const endpoint = new ManagedIdentityEndpoint(entra);
    endpoint.url = `http://127.0.0.1:${await listen(endpoint.server)}/msi/token`;
    return endpoint;
  }

  /** Allows an app to request tokens of its identities. @param fallback the identity for requests without a client id */
  admit(identities: Principal[], fallback?: Principal): IdentityVariables {
    const header = randomBytes(16).toString("hex").toUpperCase();
    this.callers.set(header, { identities, fallback });
    return { IDENTITY_ENDPOINT: this.url, IDENTITY_HEADER: header };
  }

  /** Replaces the identities of an app. */
  reassign({ IDENTITY_HEADER }: IdentityVariables, identities: Principal[]): void {
    this.callers.set(IDENTITY_HEADER, { ...this.callers.get(IDENTITY_HEADER), identities });
  }

  /** Removes an app. */
  dismiss({ IDENTITY_HEADER }: IdentityVariables): void {
    this.callers.delete(IDENTITY_HEADER);
  }

  /** Removes an identity from all apps, so that they get no more tokens for it. */
  withdraw({ objectId }: Principal): void {
    for (const caller of this.callers.values()) {
      caller.identities = caller.identities.filter((identity) => identity.objectId !== objectId);
    }
  }

  close(): Promise<void> {
    return stop(this.server);
  }

  private async answer(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
    const { pathname, searchParams: query } = new URL(request.url ?? "/", this.url);
    if (request.method !== "GET" || pathname !== "/msi/token")
      return errorAnswer(404, "The endpoint supports only GET /msi/token.");
    const caller = this.callers.get(String(request.headers["x-identity-header"]));
    const resource = query.get("resource");
    if (!caller) return errorAnswer(401, "X-IDENTITY-HEADER is missing or wrong.");
    const unknown = [...query.keys()].find((key) => !["api-version", "resource", "client_id"].includes(key));
    if (unknown) return errorAnswer(400, `The local cloud does not support the parameter ${unknown}.`);
    if (query.get("api-version") !== apiVersion) return errorAnswer(400, `api-version must be ${apiVersion}.`);
    if (!resource || !URL.canParse(resource)) return errorAnswer(400, "resource must be a URL.");
    const clientId = query.get("client_id");
    const identity = clientId ? caller.identities.find((one) => one.clientId === clientId) : caller.fallback;
    if (!identity) {
      const which = clientId ? `No identity with client id ${clientId}` : "No system-assigned identity";
      return errorAnswer(400, `${which} is assigned to this app.`);
    }
    return { status: 200, body: await this.tokenFor(identity, resource) };
  }

  private async tokenFor(identity: Principal, resource: string) {
    const { token, expires } = await this.entra.issue(identity, resource);
    return {
      access_token: token,
      expires_on: String(expires),
      resource,
      token_type: "Bearer",
      client_id: identity.clientId,
    };
  }
}

interface Caller {
  identities: Principal[];
  fallback?: Principal;
}

function errorAnswer(statusCode: number, message: string) {
  return { status: statusCode, body: { statusCode, message } };
}
