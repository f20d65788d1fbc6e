import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { StorageService } from "../azurite";

/** An error in the format of the storage services: learn.microsoft.com/rest/api/storageservices/status-and-error-codes2 */
export interface ErrorResponse {
  status: number;
  code: string;
  message: string;
  /** The reason why a token is invalid. */
  detail?: string;
  headers?: Record<string, string>;
}

export function sendErrorResponse(
  service: StorageService,
  request: IncomingMessage,
  response: ServerResponse,
  refusal: ErrorResponse,
): void {
  const requestId = randomUUID();
  const message = `${refusal.message}\nRequestId:${requestId}\nTime:${new Date().toISOString()}`;
  const body = service === "table" ? toJson(refusal, message) : toXml(refusal, message);
  response.writeHead(refusal.status, {
    ...refusal.headers,
    "content-type": service === "table" ? "application/json;odata=minimalmetadata" : "application/xml",
    "content-length": Buffer.byteLength(body),
    "x-ms-error-code": refusal.code,
    "x-ms-request-id": requestId,
    "x-ms-version": String(request.headers["x-ms-version"] ?? "2019-02-02"),
  });
  response.end(request.method === "HEAD" ? undefined : body);
  request.resume(); // an unread body would block the connection's next request
}

function toXml({ code, detail }: ErrorResponse, message: string): string {
  const more = detail ? `<AuthenticationErrorDetail>${escapeXml(detail)}</AuthenticationErrorDetail>` : "";
  const error = `<Error><Code>${code}</Code><Message>${escapeXml(message)}</Message>${more}</Error>`;
  return `\uFEFF<?xml version="1.0" encoding="utf-8"?>${error}`;
}

function toJson({ code }: ErrorResponse, value: string): string {
  return JSON.stringify({ "odata.error": { code, message: { lang: "en-US", value } } });
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
