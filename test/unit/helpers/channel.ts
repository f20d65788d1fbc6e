import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { startTlsStub } from "./tls-stub";

export const appId = "6f0b1d2e-5a66-4c1c-9d0b-3f6c8a7e9b10";
const issuer = "https://api.botframework.com";
const entraTenant = "72f988bf-86f1-41af-91ab-2d7cd011db47"; // one of those that botbuilder takes emulator tokens from

/** What a channel is to the bot: who signs its tokens, where it answers, and who gives the bot a token for it. */
export interface TestChannel {
  /** What botbuilder is configured with to know this channel. */
  settings: Record<string, string>;
  /** The host of its Connector API, and an activity that comes from there. */
  host: string;
  activity: {
    type: string;
    id: string;
    text: string;
    channelId: string;
    serviceUrl: string;
    conversation: { id: string };
  };
  /** What the bot said to it. */
  received: { path: string; authorization?: string; body: { text?: string; replyToId?: string } }[];
  /** What it answers the bot; 200 by default. With status 0 it hangs up. */
  answer: { status: number; headers?: Record<string, string>; body?: string };
  /** `Bearer …`, good unless claims, header or key say otherwise; undefined leaves a claim out. */
  token(claims?: Record<string, unknown>, header?: object, key?: CryptoKey): Promise<string>;
  /** `Bearer …` as Entra gives one to the bot's own identity. */
  entraToken(audience: string): Promise<string>;
  close(): void;
}

export async function startChannel(): Promise<TestChannel> {
  const { publicKey, privateKey } = await generateKeyPair("RS256");
  const jwk = { ...(await exportJWK(publicKey)), kid: "known", use: "sig", alg: "RS256", endorsements: ["directline"] };
  const keys = await listen((path, base) =>
    path === "/keys" ? { keys: [jwk] } : { issuer, jwks_uri: `${base}/keys` },
  );
  const tomorrow = String(Math.floor(Date.now() / 1000) + 86_400);
  const identity = await listen(() => ({
    access_token: "the bot's token",
    expires_on: tomorrow,
    token_type: "Bearer",
  }));
  Object.assign(process.env, {
    AZURE_TOKEN_CREDENTIALS: "prod",
    IDENTITY_ENDPOINT: `${identity.base}/token`,
    IDENTITY_HEADER: "secret",
  });

  const received: TestChannel["received"] = [];
  const connector = await startTlsStub((request, body, response) => {
    const { authorization } = request.headers;
    received.push({ path: request.url ?? "", authorization, body: JSON.parse(body) });
    const { status, headers, body: said = '{"id":"1"}' } = channel.answer;
    if (!status) return void response.destroy();
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(said);
  });
  const serviceUrl = `${connector.url}/`;
  const metadata = `${keys.base}/.well-known/openidconfiguration`;

  const channel: TestChannel = {
    settings: {
      MicrosoftAppId: appId,
      MicrosoftAppType: "UserAssignedMSI",
      MicrosoftAppTenantId: "7f0b1d2e-5a66-4c1c-9d0b-3f6c8a7e9b10",
      ToChannelFromBotLoginUrl: "https://login.microsoftonline.com/botframework.com",
      ToChannelFromBotOAuthScope: "https://api.botframework.com",
      ToBotFromChannelTokenIssuer: issuer,
      ToBotFromChannelOpenIdMetadataUrl: metadata,
      ToBotFromEmulatorOpenIdMetadataUrl: metadata,
      OAuthUrl: "https://api.botframework.com",
      CallerId: "urn:botframework:azure",
    },
    host: connector.host,
    activity: {
      type: "message",
      id: "7",
      text: "hello",
      channelId: "directline",
      serviceUrl,
      conversation: { id: "c" },
    },
    received,
    answer: { status: 200 },
    token: async (claims = {}, header = {}, key = privateKey) => {
      const inAMinute = Math.floor(Date.now() / 1000) + 60;
      const token = new SignJWT({ iss: issuer, aud: appId, serviceurl: serviceUrl, exp: inAMinute, ...claims });
      return `Bearer ${await token.setProtectedHeader({ alg: "RS256", kid: "known", ...header }).sign(key)}`;
    },
    entraToken: (aud) => {
      const iss = `https://sts.windows.net/${entraTenant}/`;
      return channel.token({ iss, tid: entraTenant, appid: appId, ver: "1.0", aud });
    },
    close: () => {
      connector.close();
      for (const { server } of [keys, identity]) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
  return channel;
}

async function listen(answer: (path: string, base: string) => object): Promise<{ server: Server; base: string }> {
  const server = createServer((request, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(answer(request.url ?? "", base)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { server, base };
}
