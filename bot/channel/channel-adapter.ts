import {
  type Activity,
  CloudAdapter,
  ConfigurationBotFrameworkAuthentication,
  type ConfigurationBotFrameworkAuthenticationOptions,
  type ConversationParameters,
  type ConversationReference,
  type InvokeResponse,
  type TurnContext,
} from "botbuilder";
import type { ServiceHosts } from "./service-hosts";

type Turn = (context: TurnContext) => Promise<void>;

/** The caller is not a channel of this bot. */
export class UnauthorizedError extends Error {
  override readonly name = "UnauthorizedError";
}

/** The errors of the token library for a malformed, expired or wrongly signed token; botbuilder's own error says 401. */
const tokenErrors = new Set(["JsonWebTokenError", "NotBeforeError", "TokenExpiredError"]);

/** Milliseconds for a call to a channel, with the retries of botbuilder's client: the channel that sent the activity waits 15 s. */
const callLimit = 12_000;

/** The part of botbuilder's connector client that is used: the pipeline of its calls, of @azure/core-rest-pipeline. */
interface Connector {
  client: {
    pipeline: {
      removePolicy(policy: { name: string }): unknown;
      addPolicy(policy: { name: string; sendRequest: Policy }): void;
    };
  };
}

type Policy = (request: { abortSignal?: AbortSignal }, next: (request: unknown) => Promise<never>) => Promise<never>;

/** The fields of botbuilder's ConversationParameters that a conversation with one user needs; its accounts have no names. */
export interface NewConversation extends Pick<ConversationParameters, "isGroup" | "tenantId" | "channelData"> {
  bot: { id: string };
  members: { id: string; aadObjectId?: string }[];
}

/** botbuilder's CloudAdapter with two more guarantees: a bad token is always 401, and no token is sent to an unknown host. */
export class ChannelAdapter extends CloudAdapter {
  constructor(
    private readonly settings: ConfigurationBotFrameworkAuthenticationOptions,
    private readonly serviceHosts: ServiceHosts,
  ) {
    super(new ConfigurationBotFrameworkAuthentication(settings));
  }

  /** Runs a turn for an activity that a channel posted. @throws UnauthorizedError, ForbiddenServiceError, or the error of the turn. */
  async receive(authorization: string, activity: Activity, turn: Turn): Promise<InvokeResponse | undefined> {
    const caller = await this.authenticate(authorization, activity);
    this.serviceHosts.check(activity.serviceUrl);
    return this.processActivity(caller, activity, (context) => {
      this.connector(context).client.pipeline.addPolicy(limited);
      return turn(context);
    });
  }

  /**
   * Runs a proactive turn in a conversation. A call is tried once: botbuilder's client would wait as long as a
   * `Retry-After` says and then send a message that was deferred in the meantime. @throws ForbiddenServiceError, or the error of the turn.
   */
  async resume(appId: string, reference: Partial<ConversationReference>, turn: Turn): Promise<void> {
    this.serviceHosts.check(reference.serviceUrl);
    await this.continueConversationAsync(appId, reference, (context) => {
      callOnce(this.connector(context));
      return turn(context);
    });
  }

  /**
   * Opens a conversation, or finds the one that the channel has with that user. Resolves to its id. This is botbuilder's
   * `createConversationAsync` with a call that is tried once. @throws ForbiddenServiceError, or the channel's answer.
   */
  async open(appId: string, serviceUrl: string, parameters: NewConversation): Promise<string> {
    this.serviceHosts.check(serviceUrl);
    const factory = this.botFrameworkAuthentication.createConnectorFactory(this.createClaimsIdentity(appId));
    const connector = await factory.create(serviceUrl, this.settings.ToChannelFromBotOAuthScope as string);
    callOnce(connector as unknown as Connector);
    const { id } = await connector.conversations.createConversation(parameters as unknown as ConversationParameters);
    return id;
  }

  private connector(context: TurnContext): Connector {
    return context.turnState.get(this.ConnectorClientKey);
  }

  private async authenticate(authorization: string, activity: Activity) {
    try {
      const caller = await this.botFrameworkAuthentication.authenticateRequest(activity, authorization);
      // botbuilder accepts the bot's own connector token too: a stolen one must not speak as a channel.
      if (caller.claimsIdentity.getClaimValue("aud") === this.settings.MicrosoftAppId) return caller;
      throw new UnauthorizedError("the token is for another audience");
    } catch (error) {
      const { name, message, statusCode } = error as Error & { statusCode?: number };
      if (statusCode === 401 || tokenErrors.has(name)) throw new UnauthorizedError(message);
      throw error;
    }
  }
}

function callOnce({ client: { pipeline } }: Connector): void {
  pipeline.removePolicy({ name: "defaultRetryPolicy" });
  pipeline.addPolicy(limited);
}

/** Ends a call, with its waits between retries, before the channel stops waiting for the turn. */
const limited: { name: string; sendRequest: Policy } = {
  name: "limited",
  sendRequest: (request, next) => next(Object.assign(request, { abortSignal: AbortSignal.timeout(callLimit) })),
};
