/** One JSON line on stdout, which App Service sends to the workspace. Ids and reasons only: never texts or tokens. */
export function log(level: "info" | "warn" | "error", event: string, details: Record<string, unknown> = {}): void {
  console.log(JSON.stringify({ time: new Date().toISOString(), level, event, ...details }));
}

/** What went wrong, in one line. */
export function reason(error: unknown): string {
  const { name, statusCode, code, message } = error as Error & { statusCode?: number; code?: string };
  return [name, statusCode, code, message].filter((part, i, all) => part && all.indexOf(part) === i).join(": ");
}
