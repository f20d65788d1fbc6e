import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import express, { type Express } from "express";
import { ActivityStreams } from "./activity-stream";
import type { Bot, DirectLineKeys } from "./bot";
import { BotClient } from "./bot-client";
import { BotRegistry } from "./bot-registry";
import { BotTokens } from "./bot-token";
import { BotTurns, botAccount } from "./bot-turns";
import { type ConnectorParts, connector } from "./connector";
import { ConnectorAnswers } from "./connector-answers";
import { Conversations } from "./conversations";
import { directLine } from "./direct-line";
import { DirectLineCallers } from "./direct-line-caller";
import { DirectLineTokens } from "./direct-line-token";
import { metadataPath, openId } from "./open-id";
import { answerErrors, unknownPath } from "./service-error";
import { SigningKey } from "./signing-key";
import { Teams } from "./teams";

export interface BotServiceOptions {
  /** Verifies a token that a bot sends to the Connector. Rejects a wrong issuer, audience or signature, and an expired token. */
  verifyBotToken(token: string): Promise<{ appId: string }>;
  /** Receives one short line for each failure. The line never contains message texts or tokens. */
  log(line: string): void;
  /** Sends requests to bots. It must trust the certificate of their endpoints. Default: the global `fetch`. */
  fetch?: typeof fetch;
  /** Issuer of the tokens that bots receive. Default: the real service's issuer. */
  issuer?: string;
  /** Lifetime of a Direct Line token in seconds. Default: 1800, as in the real service. */
  tokenLifetime?: number;
  /** Milliseconds that a bot may take to answer. Default: 15 000, as in the real service. */
  botTimeout?: number;
}

/** The addresses of the service's parts, for bots and clients. */
export interface BotServiceUrls {
  serviceUrl: string;
  openIdMetadata: string;
  /** Origin of Direct Line, without a trailing slash. */
  directLine: string;
  /** The serviceUrl of Teams, without the trailing slash. */
  teams: string;
}

/** Path below the base URL. In Azure, Teams has its own hosts. */
const teamsPath = "/teams";

function teamsParts(teams: Teams): Pick<ConnectorParts, "conversations" | "channelId" | "accountOf" | "create"> {
  return {
    conversations: teams.conversations,
    channelId: "msteams",
    accountOf: ({ appId, name }) => ({ id: `28:${appId}`, name }),
    create: (appId, body) => teams.create(appId, body),
  };
}

/** A local Azure Bot Service: Direct Line, the Connector API and the issuer of its tokens. */
export class BotService {
  /** All HTTP endpoints: Connector, OpenID metadata and keys, Direct Line. */
  readonly handler: Express;
  /** Direct Line alone, for a web page's own server. Works by itself or mounted in another express app. */
  readonly directLine: Express;
  /** The issuer of the tokens that bots receive. */
  readonly issuer: string;
  /** Answers that tests inject into the Connector. */
  readonly answers = new ConnectorAnswers();
  private readonly bots = new BotRegistry();
  readonly teams = new Teams(this.bots);
  private readonly conversations = new Conversations();
  private readonly streams: ActivityStreams;
  private baseUrl: string | undefined;

  constructor(options: BotServiceOptions) {
    const { log, verifyBotToken } = options;
    const { bots, conversations } = this;
    const key = new SigningKey();
    const tokens = new DirectLineTokens(options.tokenLifetime ?? 1800);
    const callers = new DirectLineCallers(bots, tokens);
    this.issuer = options.issuer ?? "https://api.botframework.com";
    const client = new BotClient({
      tokens: new BotTokens(key, this.issuer),
      fetch: options.fetch ?? fetch,
      timeout: options.botTimeout ?? 15_000,
      log,
    });
    const turns = new BotTurns(bots, client, () => this.urls().serviceUrl);
    this.streams = new ActivityStreams(callers, conversations);
    this.directLine = directLine({ callers, tokens, conversations, turns, log });
    this.handler = express().disable("x-powered-by").disable("etag");
    this.handler.use(openId(this.issuer, key, () => this.requireBaseUrl()));
    this.handler.use(this.directLine);
    const connected = { bots, verifyBotToken, log, answers: this.answers };
    this.handler.use(teamsPath, connector({ ...connected, ...teamsParts(this.teams) }));
    this.handler.use(
      connector({ ...connected, conversations, channelId: "directline", accountOf: ({ name }) => botAccount(name) }),
    );
    this.handler.use(unknownPath, answerErrors(log));
  }

  /** Sets the service's own public origin, e.g. `https://127.0.0.1:4433`. Must be called before the first request to a bot. */
  setBaseUrl(base: string): void {
    this.baseUrl = base.replace(/\/+$/, "");
  }

  urls(): BotServiceUrls {
    const base = this.requireBaseUrl();
    return { serviceUrl: `${base}/`, openIdMetadata: base + metadataPath, directLine: base, teams: base + teamsPath };
  }

  /** Opens a Direct Line stream. Attach it to the `upgrade` event of every server that serves `handler` or `directLine`. */
  readonly upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    this.streams.upgrade(request, socket, head);
  };

  /** The registered bot of this name. */
  bot(name: string): Bot | undefined {
    return this.bots.find(name);
  }

  /** Whether a registered bot already uses this app id. */
  hasApp(appId: string): boolean {
    return this.bots.hasApp(appId);
  }

  /** @throws Error when a bot of this name is already registered */
  register(bot: Bot): void {
    this.bots.add(bot);
  }

  /** Changes the app id or endpoint of a registered bot. Its secrets and conversations stay. */
  update(bot: Bot): void {
    this.bots.replace(bot);
  }

  /** Removes a bot, its secrets and its conversations, and ends their streams. */
  unregister(botName: string): void {
    this.bots.remove(botName);
    this.conversations.endAllOf(botName);
    this.teams.conversations.endAllOf(botName);
  }

  /** The secrets of the bot's Direct Line channel. The first call creates them; later calls return the same secrets. */
  enableDirectLine(botName: string): DirectLineKeys {
    return this.bots.enableDirectLine(botName);
  }

  /** The secrets of the Direct Line channel. Undefined when the bot has no such channel. */
  directLineKeys(botName: string): DirectLineKeys | undefined {
    return this.bots.hasDirectLine(botName) ? this.bots.enableDirectLine(botName) : undefined;
  }

  /** Adds or removes the bot's Teams channel. */
  setTeams(botName: string, isEnabled: boolean): void {
    this.bots.setTeams(botName, isEnabled);
  }

  /** Removes the channel: its secrets and tokens are refused from now on, and its streams end. */
  disableDirectLine(botName: string): void {
    this.bots.disableDirectLine(botName);
    this.conversations.endAllOf(botName);
  }

  /** Ends every conversation and socket. The caller closes the HTTP servers. */
  close(): void {
    this.conversations.endAll();
    this.streams.close();
  }

  private requireBaseUrl(): string {
    if (this.baseUrl === undefined)
      throw new Error("The Bot Service does not know its own address. Call setBaseUrl first.");
    return this.baseUrl;
  }
}
