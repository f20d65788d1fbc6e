import { z } from "zod";

const environment = z
  .object({
    AzureWebJobsStorage__clientId: z.uuid(),
    QUEUE_URL: z.url(),
    DIRECT_LINE_ENDPOINT: z.url(),
    DIRECT_LINE_SECRET: z.string().min(1),
    WEBHOOK_SECRET: z.string().regex(/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/), // 24 bytes at least, says the specification
  })
  .transform((env) => ({
    /** The client id of the function's identity. */
    clientId: env.AzureWebJobsStorage__clientId,
    queueUrl: env.QUEUE_URL,
    directLine: env.DIRECT_LINE_ENDPOINT,
    directLineSecret: env.DIRECT_LINE_SECRET,
    webhookSecret: env.WEBHOOK_SECRET,
  }));

export type Settings = z.infer<typeof environment>;

/** @throws Error naming every app setting that is missing or wrong. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const result = environment.safeParse(env);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  throw new Error(`The function cannot start, its app settings are wrong (infra/ writes them). ${problems.join("; ")}`);
}
