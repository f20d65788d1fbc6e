import {
  type Activity,
  CloudAdapter,
  ConfigurationBotFrameworkAuthentication,
  type ConfigurationBotFrameworkAuthenticationOptions,
  type ConversationReference,
  type InvokeResponse,
  type TurnContext,
} from "botbuilder";
import type { ServiceHosts } from "./service-hosts";

type Turn = (context: TurnContext) => Promise<void>;

/** Who called is not a channel of this bot. */
export class Unauthorized extends Error {
  override readonly name = "Unauthorized";
}

/** What botbuilder and its token library throw for a token that is missing, malformed, expired or wrongly signed. */
const tokenErrors = new Set(["AuthenticationError", "JsonWebTokenError", "NotBeforeError", "TokenExpiredError"]);

/** botbuilder's CloudAdapter, with two doors closed: a bad token is always 401, and no token leaves for an unknown host. */
export class ChannelAdapter extends CloudAdapter {
  constructor(
    settings: ConfigurationBotFrameworkAuthenticationOptions,
    private readonly serviceHosts: ServiceHosts,
  ) {
    super(new ConfigurationBotFrameworkAuthentication(settings));
  }

  /** Runs a turn for an activity that a channel posted. @throws Unauthorized, ForbiddenService, or what the turn threw. */
  async receive(authorization: string, activity: Activity, turn: Turn): Promise<InvokeResponse | undefined> {
    const caller = await this.authenticate(authorization, activity);
    this.serviceHosts.check(activity.serviceUrl);
    return this.processActivity(caller, activity, turn);
  }

  /** Runs a turn in a conversation that did not ask. @throws ForbiddenService, or what the turn threw. */
  async resume(appId: string, reference: Partial<ConversationReference>, turn: Turn): Promise<void> {
    this.serviceHosts.check(reference.serviceUrl);
    await this.continueConversationAsync(appId, reference, turn);
  }

  private async authenticate(authorization: string, activity: Activity) {
    try {
      return await this.botFrameworkAuthentication.authenticateRequest(activity, authorization);
    } catch (error) {
      if (tokenErrors.has((error as Error).name)) throw new Unauthorized((error as Error).message);
      throw error;
    }
  }
}
