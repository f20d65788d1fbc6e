import type { IncomingMessage } from "node:http";
import { ServiceError } from "./service-error";

/** Reads the bearer credential of a request. @throws ServiceError 401 when the request has none */
export function readBearerToken(request: IncomingMessage): string {
  const credential = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
  if (!credential) throw new ServiceError(401, "Unauthorized", "Send the header: Authorization: Bearer <credential>.");
  return credential;
}
