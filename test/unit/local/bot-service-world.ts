import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer as createHttpServer, type RequestListener, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type Activity,
  CloudAdapter,
  ConfigurationBotFrameworkAuthentication,
  type ConversationReference,
  TurnContext,
} from "botbuilder";
import express from "express";
import { BotService, type BotServiceOptions } from "../../../local/bot-service/bot-service";

/** Certificate and key that every server of a world uses; without them it speaks plain http. */
export interface Tls {
  cert: string;
  key: string;
}

type ServiceOptions = Partial<Pick<BotServiceOptions, "tokenLifetime" | "botTimeout" | "fetch">>;

const audience = "https://api.botframework.com";

/** A real botbuilder bot with authentication on, an identity endpoint and the Bot Service, all on this machine. */
export class World {
  readonly appId: string = randomUUID();
  readonly botName = "echo-bot";
  readonly log: string[] = [];
  /** Every activity that reached the bot's logic. */
  readonly heard: Activity[] = [];
  /** The conversation of the newest turn. */
  reference: Partial<ConversationReference> | undefined;
  /** What the bot does with a user's message; replaced by tests. */
  onMessage = async (context: TurnContext): Promise<void> => {
    await context.sendActivity(`You said ${context.activity.text}`);
  };
  readonly service: BotService;
  base = "";
  botUrl = "";
  key = "";
  key2 = "";
  adapter!: CloudAdapter;
  private readonly servers: Server[] = [];

  private constructor(options: ServiceOptions) {
    this.service = new BotService({
      verifyBotToken: (token) => this.verifyBotToken(token),
      log: (line) => this.log.push(line),
      ...options,
    });
  }

  static async start(options: ServiceOptions & { tls?: Tls } = {}): Promise<World> {
    const { tls, ...serviceOptions } = options;
    const world = new World(serviceOptions);
    await identityEndpoint();
    world.base = await world.serve(world.service.handler, tls, true);
    world.service.setBaseUrl(world.base);
    world.adapter = world.makeAdapter();
    world.botUrl = await world.serve(world.botApp(), tls);
    world.service.register({ name: world.botName, appId: world.appId, endpoint: `${world.botUrl}/api/messages` });
    Object.assign(world, world.service.enableDirectLine(world.botName));
    return world;
  }

  stop(): void {
    this.service.close();
    for (const server of this.servers) {
      server.close();
      server.closeAllConnections();
    }
  }

  /** Serves on an ephemeral port; returns the origin. */
  async serve(listener: RequestListener, tls: Tls | undefined, streams = false): Promise<string> {
    const server = tls ? createHttpsServer(tls, listener) : createHttpServer(listener);
    if (streams) server.on("upgrade", this.service.upgrade);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    this.servers.push(server as Server);
    return `${tls ? "https" : "http"}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** Calls Direct Line (or any path of the service) and returns status and body. */
  async call<Body = Record<string, unknown>>(
    method: string,
    path: string,
    credential?: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; body: Body; headers: Headers }> {
    const response = await fetch(this.base + path, {
      method,
      headers: {
        ...(credential === undefined ? {} : { authorization: `Bearer ${credential}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      body: body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, body: (text ? JSON.parse(text) : {}) as Body, headers: response.headers };
  }

  async startConversation(credential = this.key, body?: unknown): Promise<Started> {
    return (await this.call<Started>("POST", "/v3/directline/conversations", credential, body)).body;
  }

  async generateToken(body?: unknown): Promise<Started> {
    return (await this.call<Started>("POST", "/v3/directline/tokens/generate", this.key, body)).body;
  }

  post(started: Started, activity: unknown, credential = started.token) {
    const path = `/v3/directline/conversations/${started.conversationId}/activities`;
    return this.call<{ id: string; error?: { code: string; message: string } }>("POST", path, credential, activity);
  }

  async activities(started: Started, watermark = ""): Promise<{ activities: Activity[]; watermark: string }> {
    const path = `/v3/directline/conversations/${started.conversationId}/activities?watermark=${watermark}`;
    const { body } = await this.call<{ activities: Activity[]; watermark: string }>("GET", path, started.token);
    return body;
  }

  /** A token as the bot's own identity gets it for the Connector. */
  connectorToken(appId = this.appId, key?: Uint8Array): Promise<string> {
    return signConnectorToken(appId, key);
  }

  private async verifyBotToken(token: string): Promise<{ appId: string }> {
    const { jwtVerify } = await import("jose");
    const { payload } = await jwtVerify(token, identityKey, { audience });
    return { appId: String(payload.appid) };
  }

  private makeAdapter(): CloudAdapter {
    const adapter = new CloudAdapter(
      new ConfigurationBotFrameworkAuthentication({
        MicrosoftAppId: this.appId,
        MicrosoftAppTenantId: randomUUID(),
        MicrosoftAppType: "UserAssignedMSI",
        ToChannelFromBotOAuthScope: audience,
        ToBotFromChannelTokenIssuer: this.service.issuer,
        ToBotFromChannelOpenIdMetadataUrl: this.service.urls().openIdMetadata,
        OAuthUrl: this.base,
        CallerId: "urn:botframework:azure",
      }),
    );
    adapter.onTurnError = async (_context, error) => {
      throw error;
    };
    return adapter;
  }

  private botApp(): RequestListener {
    const app = express();
    app.post("/api/messages", express.json({ limit: "1mb" }), async (request, response) => {
      await this.adapter.process(request, response, async (context) => {
        this.heard.push({ ...context.activity });
        this.reference = TurnContext.getConversationReference(context.activity);
        if (context.activity.type === "message") await this.onMessage(context);
      });
    });
    // Express would print the error that a test makes the bot throw.
    app.use(((_error, _request, response, _next) => response.status(500).end()) as express.ErrorRequestHandler);
    return app;
  }
}

const identityKey = randomBytes(32);

async function signConnectorToken(appId: string, key: Uint8Array = identityKey): Promise<string> {
  const { SignJWT } = await import("jose");
  return new SignJWT({ appid: appId })
    .setProtectedHeader({ alg: "HS256" })
    .setAudience(audience)
    .setExpirationTime("1h")
    .sign(key);
}

let identityListening: Promise<unknown> | undefined;

/** The managed-identity endpoint; one for the whole process, as the SDK keeps the first address that it has seen. */
function identityEndpoint(): Promise<unknown> {
  if (identityListening) return identityListening;
  const app = express();
  app.get("/token", async (request, response) => {
    response.json({
      access_token: await signConnectorToken(String(request.query.client_id)),
      expires_on: String(Math.floor(Date.now() / 1000) + 3600),
      resource: request.query.resource,
      token_type: "Bearer",
    });
  });
  const server = createHttpServer(app).listen(0, "127.0.0.1").unref();
  identityListening = once(server, "listening").then(() => {
    const { port } = server.address() as AddressInfo;
    Object.assign(process.env, {
      IDENTITY_ENDPOINT: `http://127.0.0.1:${port}/token`,
      IDENTITY_HEADER: "test",
      // Not ManagedIdentityCredential: with that value @azure/identity 4.13 drops the client id that the SDK passes.
      AZURE_TOKEN_CREDENTIALS: "prod",
    });
  });
  return identityListening;
}

export interface Started {
  conversationId: string;
  token: string;
  expires_in: number;
  streamUrl: string;
}

/** Waits until the condition gives a value; fails after a minute. */
export async function eventually<Value>(what: string, condition: () => Value | undefined | false): Promise<Value> {
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(10)) {
    const value = condition();
    if (value) return value;
  }
  throw new Error(`It never happened: ${what}`);
}
