import { z } from "zod";

const environment = z
  .object({
    AzureWebJobsStorage__clientId: z.uuid(),
    AzureWebJobsStorage__tableServiceUri: z.url(),
    QUEUE_URL: z.url(),
    DIRECT_LINE_ENDPOINT: z.url(),
    VAULT_URL: z.url(),
    VAULT_AUDIENCE: z.url(),
  })
  .transform((env) => ({
    /** The client id of the function's identity. */
    clientId: env.AzureWebJobsStorage__clientId,
    queueUrl: env.QUEUE_URL,
    tableServiceUrl: env.AzureWebJobsStorage__tableServiceUri,
    directLine: env.DIRECT_LINE_ENDPOINT,
    vault: { url: env.VAULT_URL, audience: env.VAULT_AUDIENCE },
  }));

export type Settings = z.infer<typeof environment>;

/** @throws Error naming every app setting that is missing or wrong. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const result = environment.safeParse(env);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  throw new Error(`The function cannot start, its app settings are wrong (infra/ writes them). ${problems.join("; ")}`);
}
