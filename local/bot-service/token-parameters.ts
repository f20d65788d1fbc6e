import { z } from "zod";
import { ServiceError } from "./service-error";

/** The optional parameters for a new token or a new conversation. */
export interface TokenParameters {
  user?: { id: string; name?: string };
  trustedOrigins?: string[];
}

/** The prefix of user ids that only a token can prove. */
export const boundUserPrefix = "dl_";

const parameters = z.object({
  // DirectLineJS sends `user: {}` when it knows no id.
  user: z.object({ id: z.string().min(1).nullish(), name: z.string().nullish() }).nullish(),
  trustedorigins: z.array(z.string()).nullish(),
});

/** Reads the optional body of `tokens/generate` and of a new conversation. @throws ServiceError 400 that names the invalid field */
export function readTokenParameters(body: unknown): TokenParameters {
  const read = parameters.safeParse(lowerCased(body ?? {}));
  if (!read.success) {
    const issue = read.error.issues[0];
    throw new ServiceError(400, "BadArgument", `The body is not valid: ${issue?.path.join(".")}: ${issue?.message}.`);
  }
  const { user, trustedorigins } = read.data;
  return {
    user: user?.id ? { id: user.id, name: user.name ?? undefined } : undefined,
    trustedOrigins: trustedorigins ?? undefined,
  };
}

/** The real service ignores the case of property names: Microsoft's own sample sends `User: {Id}`. */
function lowerCased(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name.toLowerCase(), lowerCased(inner)]));
}
