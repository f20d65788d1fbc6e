import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Service } from "../service";

/** An error as the storage services answer it: learn.microsoft.com/rest/api/storageservices/status-and-error-codes2 */
export interface Refusal {
  status: number;
  code: string;
  message: string;
  /** What is wrong with a token; for people. */
  detail?: string;
  headers?: Record<string, string>;
}

export function answerRefusal(
  service: Service,
  request: IncomingMessage,
  response: ServerResponse,
  refusal: Refusal,
): void {
  const requestId = randomUUID();
  const message = `${refusal.message}\nRequestId:${requestId}\nTime:${new Date().toISOString()}`;
  const body = service === "table" ? json(refusal, message) : xml(refusal, message);
  response.writeHead(refusal.status, {
    ...refusal.headers,
    "content-type": service === "table" ? "application/json;odata=minimalmetadata" : "application/xml",
    "content-length": Buffer.byteLength(body),
    "x-ms-error-code": refusal.code,
    "x-ms-request-id": requestId,
    "x-ms-version": String(request.headers["x-ms-version"] ?? "2019-02-02"),
  });
  response.end(request.method === "HEAD" ? undefined : body);
  request.resume(); // nobody else reads it, and the connection is to serve the next one
}

function xml({ code, detail }: Refusal, message: string): string {
  const more = detail ? `<AuthenticationErrorDetail>${escaped(detail)}</AuthenticationErrorDetail>` : "";
  const error = `<Error><Code>${code}</Code><Message>${escaped(message)}</Message>${more}</Error>`;
  return `\uFEFF<?xml version="1.0" encoding="utf-8"?>${error}`;
}

function json({ code }: Refusal, value: string): string {
  return JSON.stringify({ "odata.error": { code, message: { lang: "en-US", value } } });
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
