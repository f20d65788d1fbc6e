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

/** What the token library throws for a token that is malformed, expired or wrongly signed; botbuilder's own error says 401. */
const tokenErrors = new Set(["JsonWebTokenError", "NotBeforeError", "TokenExpiredError"]);

/** Milliseconds for a call to a channel, with the tries of botbuilder's client: whoever brought the turn waits 15 s. */
const callLimit = 12_000;

/** What botbuilder's connector client keeps its calls in: a pipeline of @azure/core-rest-pipeline. */
interface Connector {
  client: {
    pipeline: {
      removePolicy(policy: { name: string }): unknown;
      addPolicy(policy: { name: string; sendRequest: Policy }): void;
    };
  };
}

type Policy = (request: { abortSignal?: AbortSignal }, next: (request: unknown) => Promise<never>) => Promise<never>;

/** botbuilder's CloudAdapter, with two doors closed: a bad token is always 401, and no token leaves for an unknown host. */
export class ChannelAdapter extends CloudAdapter {
  constructor(
    private readonly settings: ConfigurationBotFrameworkAuthenticationOptions,
    private readonly serviceHosts: ServiceHosts,
  ) {
    super(new ConfigurationBotFrameworkAuthentication(settings));
  }

  /** Runs a turn for an activity that a channel posted. @throws Unauthorized, ForbiddenService, or what the turn threw. */
  async receive(authorization: string, activity: Activity, turn: Turn): Promise<InvokeResponse | undefined> {
    const caller = await this.authenticate(authorization, activity);
    this.serviceHosts.check(activity.serviceUrl);
    return this.processActivity(caller, activity, (context) => {
      this.connector(context).client.pipeline.addPolicy(limited);
      return turn(context);
    });
  }

  /**
   * Runs a turn in a conversation that did not ask. A call is tried once: botbuilder's client would wait as long as a
   * `Retry-After` says and then send what was given up and deferred. @throws ForbiddenService, or what the turn threw.
   */
  async resume(appId: string, reference: Partial<ConversationReference>, turn: Turn): Promise<void> {
    this.serviceHosts.check(reference.serviceUrl);
    await this.continueConversationAsync(appId, reference, (context) => {
      const { pipeline } = this.connector(context).client;
      pipeline.removePolicy({ name: "defaultRetryPolicy" });
      pipeline.addPolicy(limited);
      return turn(context);
    });
  }

  private connector(context: TurnContext): Connector {
    return context.turnState.get(this.ConnectorClientKey);
  }

  private async authenticate(authorization: string, activity: Activity) {
    try {
      const caller = await this.botFrameworkAuthentication.authenticateRequest(activity, authorization);
      // botbuilder lets the bot's own connector token in too: whoever got hold of one must not speak as a channel.
      if (caller.claimsIdentity.getClaimValue("aud") === this.settings.MicrosoftAppId) return caller;
      throw new Unauthorized("the token is for another audience");
    } catch (error) {
      const { name, message, statusCode } = error as Error & { statusCode?: number };
      if (statusCode === 401 || tokenErrors.has(name)) throw new Unauthorized(message);
      throw error;
    }
  }
}

/** Ends a call, with its waits between tries, while the one who waits for the turn is still there. */
const limited: { name: string; sendRequest: Policy } = {
  name: "limited",
  sendRequest: (request, next) => next(Object.assign(request, { abortSignal: AbortSignal.timeout(callLimit) })),
};
