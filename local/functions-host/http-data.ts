import type { IncomingMessage } from "node:http";
import type { RpcHttpCookie, RpcHttpData, RpcNullable, RpcTypedData } from "./rpc";

/** A complete HTTP answer. */
export interface HttpAnswer {
  status: number;
  headers: [name: string, value: string | string[]][];
  body: Uint8Array;
}

/** The URL that the client requested. The platform's front end terminates TLS and sets `x-forwarded-proto`. Undefined when it is not a URL. */
export function requestUrl(request: IncomingMessage): URL | undefined {
  const forwarded = request.headers["x-forwarded-proto"];
  const protocol = (Array.isArray(forwarded) ? forwarded[0] : forwarded)?.split(",")[0]?.trim() || "http";
  const text = `${protocol}://${request.headers.host ?? "127.0.0.1"}${request.url ?? "/"}`;
  return URL.canParse(text) ? new URL(text) : undefined;
}

/** A request in the format for `@azure/functions`: the body as bytes, repeated values joined with commas. */
export function toRpcRequest(
  request: IncomingMessage,
  url: URL,
  params: Record<string, string>,
  body: Buffer,
): RpcHttpData {
  return {
    method: request.method ?? "GET",
    url: url.href,
    nullableHeaders: nullable(Object.entries(request.headers).map(([name, value]) => [name, String(value ?? "")])),
    nullableQuery: nullable(
      [...new Set(url.searchParams.keys())].map((key) => [key, url.searchParams.getAll(key).join(",")]),
    ),
    nullableParams: nullable(Object.entries(params)),
    ...(body.length > 0 && { body: { bytes: body } }),
  };
}

/** Converts a handler's result to an answer. No result becomes 204, as in ASP.NET. */
export function toAnswer(returned: RpcTypedData | null | undefined): HttpAnswer {
  const http = returned?.http;
  if (!http) return { status: 204, headers: [], body: new Uint8Array() };
  const headers: HttpAnswer["headers"] = Object.entries(http.headers ?? {});
  const cookies = (http.cookies ?? []).map(setCookie);
  if (cookies.length > 0) headers.push(["set-cookie", cookies]);
  const body = http.body?.bytes ?? Buffer.from(http.body?.string ?? "");
  return { status: Number(http.statusCode ?? 200), headers, body };
}

function nullable(entries: [string, string][]): Record<string, RpcNullable<string>> {
  return Object.fromEntries(entries.map(([name, value]) => [name, { value }]));
}

function setCookie(cookie: RpcHttpCookie): string {
  const sameSite = { none: undefined, lax: "lax", strict: "strict", explicitNone: "none" }[cookie.sameSite ?? "none"];
  const seconds = cookie.expires?.value?.seconds;
  const parts = [
    `${cookie.name}=${encodeURIComponent(cookie.value ?? "")}`,
    seconds != null && `expires=${new Date(Number(seconds) * 1000).toUTCString()}`,
    cookie.maxAge?.value != null && `max-age=${cookie.maxAge.value}`,
    cookie.domain?.value && `domain=${cookie.domain.value}`,
    cookie.path?.value && `path=${cookie.path.value}`,
    cookie.secure?.value && "secure",
    sameSite && `samesite=${sameSite}`,
    cookie.httpOnly?.value && "httponly",
  ];
  return parts.filter(Boolean).join("; ");
}
