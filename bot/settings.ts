import { z } from "zod";
import type { Vault } from "../message";
import { ServiceHosts } from "./service-hosts";

const environment = z.object({
  PORT: z.coerce.number().int().default(8080),
  MicrosoftAppId: z.uuid(),
  MicrosoftAppTenantId: z.uuid(),
  MicrosoftAppType: z.literal("UserAssignedMSI"),
  QUEUE_URL: z.url(),
  SERVICE_HOSTS: z.string().min(1),
  VAULT_URL: z.url(),
  VAULT_AUDIENCE: z.url(),
  WEB_CHAT: z.enum(["true", "false"]),
  DIRECT_LINE_ENDPOINT: z.url(),
});

export interface Settings {
  port: number;
  /** The client id of the bot's identity, which is the bot's Microsoft App ID. */
  appId: string;
  queueUrl: string;
  serviceHosts: ServiceHosts;
  vault: Omit<Vault, "credential">;
  /** Whether the bot's own address shows a chat page. */
  webChat: boolean;
  /** Direct Line's origin. */
  directLine: string;
}

/** @throws Error naming every app setting that is missing or wrong: without an app id botbuilder would check no token. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const result = environment.safeParse(env);
  if (!result.success) {
    const problems = result.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
    throw new Error(`The bot cannot start, its app settings are wrong (infra/ writes them). ${problems.join("; ")}`);
  }
  const read = result.data;
  return {
    port: read.PORT,
    appId: read.MicrosoftAppId,
    queueUrl: read.QUEUE_URL,
    serviceHosts: new ServiceHosts(read.SERVICE_HOSTS.split(",")),
    vault: { url: read.VAULT_URL, audience: read.VAULT_AUDIENCE },
    webChat: read.WEB_CHAT === "true",
    directLine: read.DIRECT_LINE_ENDPOINT,
  };
}
