/** A turn or a reference names a service that this bot must not talk to. */
export class ForbiddenServiceError extends Error {
  override readonly name = "ForbiddenServiceError";
}

/**
 * The hosts that may receive the bot's token: its holder can speak as the bot, in every conversation.
 * Entries are exact hosts (with a port where it is not 443) or `*.suffix`.
 */
export class ServiceHosts {
  constructor(private readonly allowed: readonly string[]) {}

  /** @throws ForbiddenServiceError unless the URL is https and its host is on the list. */
  check(serviceUrl: string | undefined): void {
    const url = serviceUrl && URL.canParse(serviceUrl) ? new URL(serviceUrl) : undefined;
    if (url?.protocol === "https:" && !url.username && this.allowed.some((entry) => matches(entry, url.host))) return;
    throw new ForbiddenServiceError(`serviceUrl ${url?.origin ?? "(none)"} is not an https host on the allow-list`);
  }
}

function matches(entry: string, host: string): boolean {
  return entry.startsWith("*.") ? host.endsWith(entry.slice(1)) : host === entry;
}
