import type { IncomingMessage } from "node:http";
import { ServiceError } from "./service-error";

/** The bearer credential of a request; throws a 401 when there is none. */
export function bearer(request: IncomingMessage): string {
  const credential = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
  if (!credential) throw new ServiceError(401, "Unauthorized", "Send the header: Authorization: Bearer <credential>.");
  return credential;
}
