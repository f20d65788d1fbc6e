import type { IncomingHttpHeaders } from "node:http";
import type { Permission } from "../../access/permission";

/** The parts of a request to a storage service that identify its operation. */
export interface StorageRequest {
  method: string;
  /** The path below the account, without slashes at its ends. */
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
}

/**
 * An operation of a storage service and the permission for it. Names and permissions:
 * learn.microsoft.com/rest/api/storageservices/authorize-with-azure-active-directory#permissions-for-calling-data-operations
 */
export interface Operation {
  /** Microsoft's name for the operation. */
  name: string;
  /** The resource as log lines name it, such as `the queue bot-queue`. */
  target: string;
  /** The resource's path, which is appended to the account's id. */
  resource: string;
  permission: Permission;
}

/** The key of an operation in the tables of operations, such as `GET comp=list`. */
export function operationKey({ method, query }: StorageRequest): string {
  const comp = query.get("comp")?.toLowerCase();
  return comp ? `${method} comp=${comp}` : method;
}
