import type { IncomingMessage } from "node:http";
import { readBearerToken } from "./bearer";
import type { BotRegistry } from "./bot-registry";
import type { DirectLineTokens, Grant, Purpose } from "./direct-line-token";
import { ServiceError } from "./service-error";

/** A caller of Direct Line: a server with a bot's secret, or a client with a token for one conversation. */
export type Caller = { kind: "secret"; botName: string } | { kind: "token"; grant: Grant };

/** Identifies callers by their credential. */
export class DirectLineCallers {
  constructor(
    private readonly bots: BotRegistry,
    private readonly tokens: DirectLineTokens,
  ) {}

  /** @throws ServiceError 401 or 403 when the credential is missing, unknown, expired, or of a bot without a Direct Line channel */
  async identify(request: IncomingMessage): Promise<Caller> {
    const credential = readBearerToken(request);
    const botName = this.bots.findBotNameBySecret(credential);
    if (botName !== undefined) return { kind: "secret", botName };
    return { kind: "token", grant: await this.readToken(credential, "access") };
  }

  async readToken(token: string, ...purposes: Purpose[]): Promise<Grant> {
    const grant = await this.tokens.read(token, ...purposes);
    if (!this.bots.hasDirectLine(grant.botName)) {
      throw new ServiceError(403, "BadArgument", "The token's bot has no Direct Line channel.");
    }
    return grant;
  }
}

/** The caller's rights in a conversation. @throws ServiceError 403 for a token of another conversation */
export function grantFor(caller: Caller, conversationId: string): Grant {
  if (caller.kind === "secret") return { botName: caller.botName, conversationId };
  if (caller.grant.conversationId === conversationId) return caller.grant;
  throw new ServiceError(403, "BadArgument", "The token is for another conversation.");
}
