import { z } from "zod";
import { parseSettings } from "../core/settings";
import { ServiceHosts } from "./channel/service-hosts";

const environment = z
  .object({
    PORT: z.coerce.number().int().default(8080),
    MicrosoftAppId: z.uuid(),
    MicrosoftAppTenantId: z.uuid(),
    MicrosoftAppType: z.literal("UserAssignedMSI"),
    QUEUE_URL: z.url(),
    TABLE_SERVICE_URL: z.url(),
    SERVICE_HOSTS: z.string().min(1),
    VAULT_URL: z.url(),
    VAULT_AUDIENCE: z.url(),
    WEB_CHAT: z.stringbool({ truthy: ["true"], falsy: ["false"], case: "sensitive" }),
    DIRECT_LINE_ENDPOINT: z.url(),
    TEAMS_ENDPOINT: z.url(),
  })
  .transform((env) => ({
    port: env.PORT,
    /** The client id of the bot's identity, which is the bot's Microsoft App ID. */
    appId: env.MicrosoftAppId,
    queueUrl: env.QUEUE_URL,
    tableServiceUrl: env.TABLE_SERVICE_URL,
    serviceHosts: new ServiceHosts(env.SERVICE_HOSTS.split(",")),
    vault: { url: env.VAULT_URL, audience: env.VAULT_AUDIENCE },
    /** Whether the bot's own address shows a chat page. */
    webChat: env.WEB_CHAT,
    /** Direct Line's origin. */
    directLine: env.DIRECT_LINE_ENDPOINT,
    /** The serviceUrl at which conversations with Teams users are opened; a serviceUrl ends with a slash. */
    teamsServiceUrl: `${env.TEAMS_ENDPOINT}/`,
  }));

export type Settings = z.infer<typeof environment>;

/** @throws SettingsError: without an app id botbuilder would check no token. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  return parseSettings("bot", environment, env);
}
