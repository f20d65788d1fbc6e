import { z } from "zod";
import { schedules } from "../core/schedule";
import { jsonSetting, parseSettings } from "../core/settings";

const environment = z
  .object({
    AzureWebJobsStorage__clientId: z.uuid(),
    AzureWebJobsStorage__tableServiceUri: z.url(),
    QUEUE_URL: z.url(),
    DELIVERY: z.enum(["directLine", "api"]),
    DIRECT_LINE_ENDPOINT: z.url(),
    NOTIFY_URL: z.url(),
    VAULT_URL: z.url(),
    VAULT_AUDIENCE: z.url(),
    SCHEDULES: jsonSetting.pipe(schedules),
    DELIVERY_DAYS: z.coerce.number().int().positive(),
    REFERENCE_DAYS: z.string().regex(/^\d+$/).transform(Number),
    SENDS_PER_SECOND: z.coerce.number().int().positive(),
    INSTANCES: z.coerce.number().int().positive().default(1),
  })
  .transform((env) => ({
    /** The client id of the function's identity. */
    clientId: env.AzureWebJobsStorage__clientId,
    queueUrl: env.QUEUE_URL,
    tableServiceUrl: env.AzureWebJobsStorage__tableServiceUri,
    /** How messages reach the bot. */
    delivery: env.DELIVERY,
    directLine: env.DIRECT_LINE_ENDPOINT,
    /** The bot's own API. */
    notifyUrl: env.NOTIFY_URL,
    vault: { url: env.VAULT_URL, audience: env.VAULT_AUDIENCE },
    schedules: env.SCHEDULES,
    /** The number of days for which deliveries are kept. */
    deliveryDays: env.DELIVERY_DAYS,
    /** The number of days for which a chat visitor that does not write is kept; 0: for ever. */
    referenceDays: env.REFERENCE_DAYS,
    /** The most messages that all instances together send to the bot in a second. */
    sendsPerSecond: env.SENDS_PER_SECOND,
    /** The number of instances of this app. */
    instances: env.INSTANCES,
  }));

export type Settings = z.infer<typeof environment>;

/** @throws SettingsError */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  return parseSettings("function", environment, env);
}
