import type { IncomingMessage, ServerResponse } from "node:http";
import { type Callers, InvalidToken } from "../../access/callers";
import type { Denials } from "../../access/denials";
import type { RoleAssignments } from "../../access/role-assignments";
import type { Principal } from "../../identity/principal";
import type { Service } from "../service";
import { blobOperation } from "./blob-operations";
import type { Operation, StorageRequest } from "./operation";
import { queueOperation } from "./queue-operations";
import { answerRefusal, type Refusal } from "./refusal";
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
  /** For the audience of Azure Storage. */
  callers: Callers;
  denials: Denials;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const operationOf = { queue: queueOperation, table: tableOperation, blob: blobOperation };

/** Stands in front of the storage services, which look neither at a token's signature nor at its bearer's rights. */
export class StorageGuard {
  private readonly accounts = new Map<string, GuardedAccount>();

  constructor(private readonly options: StorageGuardOptions) {}

  protect(account: GuardedAccount): void {
    this.accounts.set(account.name, account);
  }

  /** Knows an account no longer. */
  unprotect(name: string): void {
    this.accounts.delete(name);
  }

  /** A handler that hands on only what may be done. */
  inFrontOf(service: Service, inner: Handler): Handler {
    return async (request, response) => {
      try {
        const refusal = await this.check(service, request);
        if (refusal) answerRefusal(service, request, response, refusal);
        else inner(request, response);
      } catch (error) {
        answerRefusal(service, request, response, { status: 400, code: "InvalidInput", message: String(error) });
      }
    };
  }

  private async check(service: Service, request: IncomingMessage): Promise<Refusal | undefined> {
    const { pathname, searchParams: query } = new URL(request.url ?? "/", "https://localhost");
    const [, name = "", path = ""] = /^\/([^/]*)\/?(.*?)\/?$/.exec(pathname) ?? [];
    const { method = "GET", headers } = request;
    const account = this.accounts.get(name);
    if (method === "OPTIONS") return undefined; // anonymous in Azure, too
    if (!account) return noAccount(name);
    const [scheme, token = ""] = (headers.authorization ?? (query.has("sig") ? "SAS" : "")).split(" ");
    if (!scheme) return this.noToken();
    if (scheme !== "Bearer") return this.byKey(service, account, scheme);
    const caller = await this.options.callers.identify(token).catch((error) => this.badToken(service, error));
    if (!("objectId" in caller)) return caller;
    return this.authorize(service, account, caller, request, { method, path, query, headers });
  }

  private async authorize(
    service: Service,
    account: GuardedAccount,
    caller: Principal,
    incoming: IncomingMessage,
    request: StorageRequest,
  ): Promise<Refusal | undefined> {
    const isBatch = service === "table" && request.method === "POST" && request.path === "$batch";
    const requests = isBatch ? batchedRequests(await peekBody(incoming), account.name) : [request];
    const operations = requests.map((one) => operationOf[service](one));
    if (operations.length === 0 || operations.includes(undefined)) return this.unknown(service, request);
    const denied = (operations as Operation[]).some((operation) => !this.may(caller, operation, account));
    return denied ? noPermission : undefined;
  }

  private may(caller: Principal, { name, on, resource, permission }: Operation, account: GuardedAccount): boolean {
    const { access, denials } = this.options;
    const decision = access.decide(caller.objectId, permission, account.id + resource);
    if (decision !== "allowed") denials.missingRight(caller, name, on, permission, decision);
    return decision === "allowed";
  }

  private noToken(): Refusal {
    return { status: 401, code: "NoAuthenticationInformation", message: unauthenticated, headers: this.challenge() };
  }

  private badToken(service: Service, error: unknown): Refusal {
    if (!(error instanceof InvalidToken)) throw error;
    this.options.denials.refused(`401: a request to the ${service} service was`, error.message);
    const refusal = { status: 401, code: "InvalidAuthenticationInfo", message: unauthenticated, detail: error.message };
    return { ...refusal, headers: this.challenge() };
  }

  private byKey(service: Service, account: GuardedAccount, scheme: string): Refusal | undefined {
    if (account.allowSharedKeyAccess) return undefined; // the service checks the signature itself
    this.options.denials.refused(
      `403: a request to the ${service} service was`,
      `it came with ${scheme}, and the account ${account.name} has allowSharedKeyAccess: false.`,
    );
    return keysRefused;
  }

  private unknown(service: Service, { method, path, query }: StorageRequest): Refusal {
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

const keysRefused: Refusal = {
  status: 403,
  code: "KeyBasedAuthenticationNotPermitted",
  message: "Key based authentication is not permitted on this storage account.",
};

const noPermission: Refusal = {
  status: 403,
  code: "AuthorizationPermissionMismatch",
  message: "This request is not authorized to perform this operation using this permission.",
};

/** In Azure such an account has no host name. */
function noAccount(name: string): Refusal {
  return { status: 404, code: "ResourceNotFound", message: `There is no storage account "${name}".` };
}
