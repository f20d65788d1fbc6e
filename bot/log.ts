import { sep } from "node:path";

/** One JSON line on stdout, which App Service sends to the workspace. Ids and reasons only: never texts or tokens. */
export function log(level: "info" | "warn" | "error", event: string, details: Record<string, unknown> = {}): void {
  console.log(JSON.stringify({ time: new Date().toISOString(), level, event, ...details }));
}

/** The reason of an error in one line. Azure's SDKs add lines with request ids. */
export function reason(error: unknown): string {
  const { name, statusCode, code, message } = error as Error & { statusCode?: number; code?: string };
  const parts = [name, statusCode, code, message?.split("\n")[0]];
  return parts.filter((part, i) => part && parts.indexOf(part) === i).join(": ");
}

/** The calls that led to an error, a line each, without the error's message. Source maps make them those of the written code. */
export function callsOf({ stack = "", message }: Error): string {
  const calls = stack.slice(stack.indexOf(message) + message.length).split("\n");
  const here = `${process.cwd()}${sep}`;
  return calls
    .filter((line) => line.startsWith("    at "))
    .map((line) => line.trim().replace(here, ""))
    .join("\n");
}
