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
  /** Checks a token that a bot sends to the Connector; rejects a wrong issuer, audience or signature, and an expired one. */
  verifyBotToken(token: string): Promise<{ appId: string }>;
  /** Gets one short line for each failure; never texts or tokens. */
  log(line: string): void;
  /** How bots are called; must trust the certificate of their endpoints. Default: the global one. */
  fetch?: typeof fetch;
  /** Issuer of the tokens that bots get. Default: the real service's. */
  issuer?: string;
  /** Seconds that a Direct Line token lives. Default: 1800, as the real one. */
  tokenLifetime?: number;
  /** Milliseconds that a bot may take to answer. Default: 15 000, as the real one. */
  botTimeout?: number;
}

/** Where a bot and a client find the parts of the service. */
export interface BotServiceUrls {
  serviceUrl: string;
  openIdMetadata: string;
  /** Origin of Direct Line, without a trailing slash. */
  directLine: string;
  /** The serviceUrl of Teams, without its last slash. */
  teams: string;
}

/** Below the service's base; in Azure Teams has hosts of its own. */
const teamsPath = "/teams";

function onTeams(teams: Teams): Pick<ConnectorParts, "conversations" | "channelId" | "accountOf" | "create"> {
  return {
    conversations: teams.conversations,
    channelId: "msteams",
    accountOf: ({ appId, name }) => ({ id: `28:${appId}`, name }),
    create: (appId, body) => teams.create(appId, body),
  };
}

/** Azure Bot Service on this machine: Direct Line, the Connector API and the issuer of its tokens. */
export class BotService {
  /** Everything over HTTP: Connector, OpenID metadata and keys, Direct Line. */
  readonly handler: Express;
  /** Direct Line alone, for a page's own server; serves by itself or mounted in another express app. */
  readonly directLine: Express;
  /** The issuer of the tokens that bots get. */
  readonly issuer: string;
  /** What the Connector answers next, where it is not its own answer. */
  readonly answers = new ConnectorAnswers();
  private readonly bots = new BotRegistry();
  readonly teams = new Teams(this.bots);
  private readonly conversations = new Conversations();
  private readonly streams: ActivityStreams;
  private base: string | undefined;

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
    this.handler.use(openId(this.issuer, key, () => this.listeningBase()));
    this.handler.use(this.directLine);
    const connected = { bots, verifyBotToken, log, answers: this.answers };
    this.handler.use(teamsPath, connector({ ...connected, ...onTeams(this.teams) }));
    this.handler.use(
      connector({ ...connected, conversations, channelId: "directline", accountOf: ({ name }) => botAccount(name) }),
    );
    this.handler.use(unknownPath, answerErrors(log));
  }

  /** Tells the service its own public origin, e.g. `https://127.0.0.1:4433`; needed before anybody talks to a bot. */
  listenAt(base: string): void {
    this.base = base.replace(/\/+$/, "");
  }

  urls(): BotServiceUrls {
    const base = this.listeningBase();
    return { serviceUrl: `${base}/`, openIdMetadata: base + metadataPath, directLine: base, teams: base + teamsPath };
  }

  /** Opens a stream of Direct Line: the `upgrade` event of every server that serves `handler` or `directLine`. */
  readonly upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    this.streams.upgrade(request, socket, head);
  };

  /** A registered bot. */
  bot(name: string): Bot | undefined {
    return this.bots.find(name);
  }

  /** Whether an app id is a bot's already. */
  hasApp(appId: string): boolean {
    return this.bots.hasApp(appId);
  }

  /** Throws when a bot of that name is registered. */
  register(bot: Bot): void {
    this.bots.add(bot);
  }

  /** Changes a registered bot's app id or endpoint; its secrets and conversations stay. */
  update(bot: Bot): void {
    this.bots.replace(bot);
  }

  /** Forgets a bot, its secrets and its conversations; their streams end. */
  unregister(botName: string): void {
    this.bots.remove(botName);
    this.conversations.endAllOf(botName);
    this.teams.conversations.endAllOf(botName);
  }

  /** The secrets of the bot's Direct Line channel: made by the first call, the same ever after. */
  enableDirectLine(botName: string): DirectLineKeys {
    return this.bots.enableDirectLine(botName);
  }

  /** The channel's secrets, if there is one. */
  directLineKeys(botName: string): DirectLineKeys | undefined {
    return this.bots.hasDirectLine(botName) ? this.bots.enableDirectLine(botName) : undefined;
  }

  /** Whether the bot is on Teams. */
  setTeams(botName: string, isEnabled: boolean): void {
    this.bots.setTeams(botName, isEnabled);
  }

  /** Takes the channel away: its secrets and tokens are refused and its streams end. */
  disableDirectLine(botName: string): void {
    this.bots.disableDirectLine(botName);
    this.conversations.endAllOf(botName);
  }

  /** Ends every conversation and socket. The HTTP servers are their owner's to close. */
  close(): void {
    this.conversations.endAll();
    this.streams.close();
  }

  private listeningBase(): string {
    if (this.base === undefined) throw new Error("The Bot Service does not know its own address: call listenAt first.");
    return this.base;
  }
}
