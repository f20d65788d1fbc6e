import { createServer, type Server } from "node:https";
import express, { type Express, type Request, type RequestHandler } from "express";
import { type Callers, InvalidTokenError } from "../access/callers";
import type { Denials } from "../access/denials";
import type { RoleAssignments } from "../access/role-assignments";
import type { Certificates } from "../certificates";
import type { Principal } from "../identity/principal";
import { listen, stop } from "../listen";
import { type Secret, Secrets } from "./secrets";
import { answerVaultError, VaultError } from "./vault-error";

export interface VaultOptions {
  name: string;
  /** The ARM id. */
  id: string;
  tenantId: string;
  softDeleteRetentionInDays: number;
  certificates: Certificates;
  access: RoleAssignments;
  /** Identifies tokens for the audience of Key Vault. */
  callers: Callers;
  denials: Denials;
}

/** Key Vault's REST API for secrets: learn.microsoft.com/rest/api/keyvault/secrets. Only this API returns a secret's value. */
export class Vault {
  readonly secrets = new Secrets();
  private readonly server: Server;
  private port = 0;

  private constructor(private readonly options: VaultOptions) {
    const { cert, key } = options.certificates;
    this.server = createServer({ cert, key }, this.routes());
  }

  static async open(options: VaultOptions): Promise<Vault> {
    const vault = new Vault(options);
    vault.port = await listen(vault.server);
    return vault;
  }

  get name(): string {
    return this.options.name;
  }

  /** The URL with a trailing slash, as ARM returns it. */
  get url(): string {
    return `https://127.0.0.1:${this.port}/`;
  }

  /** The URL of a secret. @param version absent: the current version */
  secretUrl(name: string, version?: string): string {
    return `${this.url}secrets/${name}${version ? `/${version}` : ""}`;
  }

  close(): Promise<void> {
    return stop(this.server);
  }

  private routes(): Express {
    return express()
      .disable("x-powered-by")
      .use(this.authenticate, requireApiVersion)
      .get(["/secrets/:name", "/secrets/:name/:version"], this.getSecret)
      .put("/secrets/:name", express.json({ limit: "64kb" }), this.setSecret)
      .delete("/secrets/:name", this.deleteSecret)
      .use(({ method, path }) => {
        throw new VaultError(501, "NotImplemented", `The local vault does not support ${method} ${path}.`);
      })
      .use(answerVaultError);
  }

  private readonly authenticate: RequestHandler = async (request, response, next) => {
    const { callers, denials, tenantId } = this.options;
    const token = request.headers.authorization?.match(/^Bearer (.+)$/i)?.[1];
    const authority = `https://login.microsoftonline.com/${tenantId}`;
    const challenge = `Bearer authorization="${authority}", resource="https://vault.azure.net"`;
    try {
      if (!token) throw new InvalidTokenError("AKV10000: Request is missing a Bearer or PoP token.");
      response.locals.caller = await callers.identify(token);
    } catch (error) {
      if (!(error instanceof InvalidTokenError)) throw error;
      if (token) denials.refused(`401: a request to the vault ${this.name} was`, error.message);
      response.setHeader("www-authenticate", challenge);
      throw new VaultError(401, "Unauthorized", error.message);
    }
    next();
  };

  private readonly getSecret: RequestHandler<{ name: string; version?: string }> = ({ params }, response) => {
    const { name, version } = params;
    this.authorize(response.locals.caller, "Get Secret", "getSecret/action", name);
    const secret = this.secrets.get(name, version);
    if (!secret) throw notFound(version ? `${name}/${version}` : name);
    response.json(this.bundle(secret));
  };

  private readonly setSecret: RequestHandler<{ name: string }> = (
    { params, body }: Request<{ name: string }>,
    response,
  ) => {
    this.authorize(response.locals.caller, "Set Secret", "setSecret/action", params.name);
    const { value, contentType, ...rest } = body ?? {};
    const [unknown] = Object.keys(rest);
    if (unknown) throw new VaultError(501, "NotImplemented", `The local vault does not support a secret's ${unknown}.`);
    if (typeof value !== "string") throw new VaultError(400, "BadParameter", "The secret has no value.");
    response.json(this.bundle(this.secrets.set(params.name, value, contentType)));
  };

  private readonly deleteSecret: RequestHandler<{ name: string }> = ({ params: { name } }, response) => {
    this.authorize(response.locals.caller, "Delete Secret", "delete", name);
    const secret = this.secrets.delete(name);
    if (!secret) throw notFound(name);
    const { value, ...rest } = this.bundle(secret);
    const recovery = { recoveryId: `${this.url}deletedsecrets/${name}`, deletedDate: Math.floor(Date.now() / 1000) };
    response.json({ ...rest, ...recovery });
  };

  private authorize(caller: Principal, operation: string, right: string, secret: string): void {
    const { access, denials, id } = this.options;
    const action = `Microsoft.KeyVault/vaults/secrets/${right}`;
    const resource = `${id}/secrets/${secret}`;
    const decision = access.decide(caller.objectId, [[action]], resource);
    if (decision === "allowed") return;
    denials.missingRight(caller, operation, `the secret ${secret} of the vault ${this.name}`, [[action]], decision);
    throw new VaultError(403, "Forbidden", notAuthorized(caller, action, resource, this.name), "ForbiddenByRbac");
  }

  private bundle({ name, version, value, contentType, created }: Secret) {
    const days = this.options.softDeleteRetentionInDays;
    const recovery = { recoveryLevel: days < 90 ? "CustomizedRecoverable+Purgeable" : "Recoverable+Purgeable" };
    const attributes = { enabled: true, created, updated: created, ...recovery, recoverableDays: days };
    return { value, contentType, id: this.secretUrl(name, version), attributes };
  }
}

const requireApiVersion: RequestHandler = ({ query }, _response, next) => {
  if (!query["api-version"]) throw new VaultError(400, "BadParameter", "api-version must be specified");
  next();
};

function notFound(name: string): VaultError {
  return new VaultError(404, "SecretNotFound", `A secret with (name/id) ${name} was not found in this key vault.`);
}

function notAuthorized({ clientId, objectId }: Principal, action: string, resource: string, vault: string): string {
  return [
    "Caller is not authorized to perform action on resource.",
    "If role assignments, deny assignments or role definitions were changed recently, please observe propagation time.",
    `Caller: appid=${clientId};oid=${objectId}`,
    `Action: '${action}'`,
    `Resource: '${resource.toLowerCase()}'`,
    "Assignment: (not found)",
    "DenyAssignmentId: null",
    "DecisionReason: null",
    `Vault: ${vault}`,
  ].join("\r\n");
}
