import { z } from "zod";

/** An app setting that holds JSON. */
export const jsonSetting = z.string().transform((text, context) => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    context.addIssue({ code: "custom", message: "must be JSON" });
    return z.NEVER;
  }
});

/** An app cannot start with its app settings. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

/**
 * Reads an app's settings from its environment variables.
 * @param app such as `bot` @throws SettingsError that names every wrong app setting, without its value
 */
export function parseSettings<T>(app: string, schema: z.ZodType<T>, environment: NodeJS.ProcessEnv): T {
  const { data, error } = schema.safeParse(environment);
  if (!error) return data;
  const problems = error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new SettingsError(
    `The ${app} cannot start because these app settings are missing or wrong. ${problems.join("; ")}. ` +
      'The Pulumi program writes them (infra/): run "pulumi up", or correct them there.',
  );
}
