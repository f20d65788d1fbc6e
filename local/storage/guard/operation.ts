import type { IncomingHttpHeaders } from "node:http";
import type { Permission } from "../../access/permission";

/** A request to a storage service, as far as it says what is wanted. */
export interface StorageRequest {
  method: string;
  /** Below the account, without a slash at its ends. */
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
}

/**
 * Something that the service can do, and the right to it. Names and rights:
 * learn.microsoft.com/rest/api/storageservices/authorize-with-azure-active-directory#permissions-for-calling-data-operations
 */
export interface Operation {
  /** As Microsoft calls it. */
  name: string;
  /** For people, such as `the queue bot-queue`. */
  on: string;
  /** What is to be appended to the account's id. */
  resource: string;
  permission: Permission;
}

/** `GET comp=list`: what tells operations on one resource apart. */
export function verb({ method, query }: StorageRequest): string {
  const comp = query.get("comp")?.toLowerCase();
  return comp ? `${method} comp=${comp}` : method;
}
