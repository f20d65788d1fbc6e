import { z } from "zod";
import { ServiceHosts } from "./service-hosts";
import type { WebChatSettings } from "./web-chat";

const environment = z.object({
  PORT: z.coerce.number().int().default(8080),
  MicrosoftAppId: z.uuid(),
  MicrosoftAppTenantId: z.uuid(),
  MicrosoftAppType: z.literal("UserAssignedMSI"),
  QUEUE_URL: z.url(),
  SERVICE_HOSTS: z.string().min(1),
  WEBHOOK_SECRET: z.string().regex(/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/), // 24 bytes at least, says the specification
  WEB_CHAT: z.enum(["true", "false"]),
});

const webChat = z.object({ DIRECT_LINE_ENDPOINT: z.url(), DIRECT_LINE_SECRET: z.string().min(1) });

export interface Settings {
  port: number;
  /** The client id of the bot's identity, which is the bot's Microsoft App ID. */
  appId: string;
  queueUrl: string;
  serviceHosts: ServiceHosts;
  webhookSecret: string;
  webChat?: WebChatSettings;
}

/** @throws Error naming every app setting that is missing or wrong: without an app id botbuilder would check no token. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const read = parse(environment, env);
  return {
    port: read.PORT,
    appId: read.MicrosoftAppId,
    queueUrl: read.QUEUE_URL,
    serviceHosts: new ServiceHosts(read.SERVICE_HOSTS.split(",")),
    webhookSecret: read.WEBHOOK_SECRET,
    webChat: read.WEB_CHAT === "true" ? webChatSettings(env) : undefined,
  };
}

function webChatSettings(env: NodeJS.ProcessEnv): WebChatSettings {
  const read = parse(webChat, env);
  return { directLine: read.DIRECT_LINE_ENDPOINT, secret: read.DIRECT_LINE_SECRET };
}

function parse<T>(schema: z.ZodType<T>, env: NodeJS.ProcessEnv): T {
  const result = schema.safeParse(env);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  throw new Error(`The bot cannot start, its app settings are wrong (infra/ writes them). ${problems.join("; ")}`);
}
