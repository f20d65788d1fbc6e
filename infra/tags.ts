import { z } from "zod";

/** The tags that the program gives to every resource; CI finds a stack's resources by them. */
const own = ["project", "stack"];

/**
 * Key Vault takes 15 tags for a secret, fewer than the 50 that Azure Resource Manager takes for a resource:
 * learn.microsoft.com/azure/key-vault/secrets/about-secrets#secret-tags
 */
const most = 15 - own.length;

/**
 * Tags that are the same for all resources, by Azure's limits: learn.microsoft.com/azure/azure-resource-manager/management/tag-resources#limitations.
 * A storage account takes names of 128 characters, other resources longer ones. Names have no case.
 */
export const tags = z
  .record(
    z.string(),
    z.string("must be a text of at most 256 characters").max(256, "must be a text of at most 256 characters"),
    {
      error: 'must be tags as JSON, such as {"costCenter": "1234"}',
    },
  )
  .superRefine((given, context) => {
    const names = Object.keys(given);
    const refuse = (message: string) => context.addIssue({ code: "custom", message });
    if (names.length > most)
      refuse(`must be at most ${most} tags: a secret in the vault takes 15, and the program adds ${own.join(" and ")}`);
    for (const name of names) {
      const problem = nameProblem(name, names);
      if (problem) context.addIssue({ code: "custom", message: problem, path: [name] });
    }
  });

/** Why Azure refuses a tag of this name; undefined = it does not. */
function nameProblem(name: string, all: string[]): string | undefined {
  const lower = name.toLowerCase();
  if (own.includes(lower)) return `must not be given: the program sets the tags ${own.join(" and ")} itself`;
  if (name.length < 1 || name.length > 128) return "must have a name of 1 to 128 characters";
  if (/[<>%&\\?/]/.test(name)) return "must have a name without any of < > % & \\ ? /";
  if (/^(azure|microsoft|windows)/.test(lower))
    return "must have a name that does not begin with azure, microsoft or windows";
  if (all.some((other) => other !== name && other.toLowerCase() === lower))
    return "must be given once: names of tags have no case";
  return undefined;
}
