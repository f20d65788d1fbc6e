/** One JSON line on stdout, which App Service sends to the workspace. Ids and reasons only: never texts or tokens. */
export function log(level: "info" | "warn" | "error", event: string, details: Record<string, unknown> = {}): void {
  console.log(JSON.stringify({ time: new Date().toISOString(), level, event, ...details }));
}

/** What went wrong, in one line: Azure's SDKs add request ids on more. */
export function reason(error: unknown): string {
  const { name, statusCode, code, message } = error as Error & { statusCode?: number; code?: string };
  const parts = [name, statusCode, code, message?.split("\n")[0]];
  return parts.filter((part, i) => part && parts.indexOf(part) === i).join(": ");
}
