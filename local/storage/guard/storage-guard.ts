import type { IncomingMessage } from "node:http";
import { type Callers, InvalidTokenError } from "../../access/callers";
import type { Denials } from "../../access/denials";
import type { RoleAssignments } from "../../access/role-assignments";
import type { Principal } from "../../identity/principal";
import type { RequestHandler, StorageService } from "../azurite";
import { blobOperation } from "./blob-operations";
import { type ErrorResponse, sendErrorResponse } from "./error-response";
import type { Operation, StorageRequest } from "./operation";
import { queueOperation } from "./queue-operations";
import { batchedRequests, peekBody } from "./table-batch";
import { tableOperation } from "./table-operations";

export interface GuardedAccount {
  name: string;
  /** The ARM id. */
  id: string;
  allowSharedKeyAccess: boolean;
}

export interface StorageGuardOptions {
  tenantId: string;
  access: RoleAssignments;
  /** Identifies tokens for the audience of Azure Storage. */
  callers: Callers;
  denials: Denials;
}

const operationOf = { queue: queueOperation, table: tableOperation, blob: blobOperation };

/** Authorizes requests to the storage services. Azurite checks neither a token's signature nor the caller's permissions. */
export class StorageGuard {
  private readonly accounts = new Map<string, GuardedAccount>();

  constructor(private readonly options: StorageGuardOptions) {}

  protect(account: GuardedAccount): void {
    this.accounts.set(account.name, account);
  }

  /** Removes an account. */
  unprotect(name: string): void {
    this.accounts.delete(name);
  }

  /** A handler that passes authorized requests to `inner` and answers all others with an error. */
  wrap(service: StorageService, inner: RequestHandler): RequestHandler {
    return async (request, response) => {
      try {
        const refusal = await this.check(service, request);
        if (refusal) sendErrorResponse(service, request, response, refusal);
        else inner(request, response);
      } catch (error) {
        sendErrorResponse(service, request, response, { status: 400, code: "InvalidInput", message: String(error) });
      }
    };
  }

  private async check(service: StorageService, request: IncomingMessage): Promise<ErrorResponse | undefined> {
    const { pathname, searchParams: query } = new URL(request.url ?? "/", "https://localhost");
    const [, name = "", path = ""] = /^\/([^/]*)\/?(.*?)\/?$/.exec(pathname) ?? [];
    const { method = "GET", headers } = request;
    const account = this.accounts.get(name);
    if (method === "OPTIONS") return undefined; // anonymous in Azure as well
    if (!account) return noAccount(name);
    const [scheme, token = ""] = (headers.authorization ?? (query.has("sig") ? "SAS" : "")).split(" ");
    if (!scheme) return this.missingToken();
    if (scheme !== "Bearer") return this.checkSharedKey(service, account, scheme);
    const caller = await this.options.callers.identify(token).catch((error) => this.invalidToken(service, error));
    if (!("objectId" in caller)) return caller;
    return this.authorize(service, account, caller, request, { method, path, query, headers });
  }

  private async authorize(
    service: StorageService,
    account: GuardedAccount,
    caller: Principal,
    incoming: IncomingMessage,
    request: StorageRequest,
  ): Promise<ErrorResponse | undefined> {
    const isBatch = service === "table" && request.method === "POST" && request.path === "$batch";
    const requests = isBatch ? batchedRequests(await peekBody(incoming), account.name) : [request];
    const operations = requests.map((one) => operationOf[service](one));
    if (operations.length === 0 || operations.includes(undefined)) return this.unsupported(service, request);
    const denied = (operations as Operation[]).some((operation) => !this.isAllowed(caller, operation, account));
    return denied ? noPermission : undefined;
  }

  private isAllowed(
    caller: Principal,
    { name, target, resource, permission }: Operation,
    account: GuardedAccount,
  ): boolean {
    const { access, denials } = this.options;
    const decision = access.decide(caller.objectId, permission, account.id + resource);
    if (decision !== "allowed") denials.missingRight(caller, name, target, permission, decision);
    return decision === "allowed";
  }

  private missingToken(): ErrorResponse {
    return { status: 401, code: "NoAuthenticationInformation", message: unauthenticated, headers: this.challenge() };
  }

  private invalidToken(service: StorageService, error: unknown): ErrorResponse {
    if (!(error instanceof InvalidTokenError)) throw error;
    this.options.denials.refused(`401: a request to the ${service} service was`, error.message);
    const refusal = { status: 401, code: "InvalidAuthenticationInfo", message: unauthenticated, detail: error.message };
    return { ...refusal, headers: this.challenge() };
  }

  private checkSharedKey(service: StorageService, account: GuardedAccount, scheme: string): ErrorResponse | undefined {
    if (account.allowSharedKeyAccess) return undefined; // Azurite checks the signature
    this.options.denials.refused(
      `403: a request to the ${service} service was`,
      `it came with ${scheme}, and the account ${account.name} has allowSharedKeyAccess: false.`,
    );
    return keyAccessDisabled;
  }

  private unsupported(service: StorageService, { method, path, query }: StorageRequest): ErrorResponse {
    const comp = query.get("comp");
    const what = `${method} ${path || "/"}${comp ? ` with comp=${comp}` : ""}`;
    const message = `The local cloud does not support ${what} on the ${service} service.`;
    this.options.denials.refused(`501: ${what} was`, message);
    return { status: 501, code: "NotImplemented", message };
  }

  private challenge(): Record<string, string> {
    const authority = `https://login.microsoftonline.com/${this.options.tenantId}/oauth2/authorize`;
    return { "www-authenticate": `Bearer authorization_uri=${authority} resource_id=https://storage.azure.com` };
  }
}

const unauthenticated =
  "Server failed to authenticate the request. Please refer to the information in the www-authenticate header.";

const keyAccessDisabled: ErrorResponse = {
  status: 403,
  code: "KeyBasedAuthenticationNotPermitted",
  message: "Key based authentication is not permitted on this storage account.",
};

const noPermission: ErrorResponse = {
  status: 403,
  code: "AuthorizationPermissionMismatch",
  message: "This request is not authorized to perform this operation using this permission.",
};

/** In Azure, the host name of such an account does not exist. */
function noAccount(name: string): ErrorResponse {
  return { status: 404, code: "ResourceNotFound", message: `The storage account "${name}" does not exist.` };
}
