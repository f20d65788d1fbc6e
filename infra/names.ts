import * as pulumi from "@pulumi/pulumi";

/** The name of the template's own project. */
const template = "proactive-bot";

/** Component types begin with this. It is fixed: a URN contains the type, and a resource with another URN is another resource. */
export const componentType = `${template}:infra`;

/** The number of random characters that azure-native adds to a logical name to make the resource's name in Azure. */
const suffix = 8;

/** Logical names, each short enough for the names that azure-native makes of it. */
export interface Names {
  /** The bot's site and registration, and the beginning of most other names. Azure allows a registration 42 characters. */
  bot: string;
  /** The function's site. The Functions host cuts its name after 32 characters, and two apps would share their locks. */
  function: string;
  /** The vault. Azure allows 24 characters. */
  vault: string;
  /** The storage account. Azure allows 24 lower-case letters and digits. */
  storageAccount: string;
  /** The action group's short name in the alert's mails. Azure allows 12 characters. */
  alert: string;
}

/**
 * The names of a project's resources: `helpdesk-bot` and `helpdesk-function` for the project `helpdesk-bot`. Names with a
 * shorter limit are cut; their suffix keeps them apart.
 * @param project the name in Pulumi.yaml
 * @throws pulumi.RunError when the project's name cannot be a bot's name in Azure
 */
export function namesOf(project: string): Names {
  const bot = project
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
  const most = 42 - suffix;
  if (!/^[a-z]/.test(bot) || bot.length > most) {
    throw new pulumi.RunError(
      `The project's name "${project}" cannot be used for the resources in Azure. Give the project in Pulumi.yaml ` +
        `another name: 1 to ${most} letters, digits and hyphens that begin with a letter.`,
    );
  }
  const stem = bot.replace(/(?<=.)-bot$/, "");
  const letters = bot.replaceAll("-", "");
  const ending = "-function";
  return {
    bot,
    function: cut(stem, 32 - suffix - ending.length) + ending,
    vault: cut(stem, 24 - suffix),
    storageAccount: cut(letters, 24 - suffix),
    alert: cut(letters, 12),
  };
}

/** The names in a stack that was made before names followed the project's name. */
export const formerNames = namesOf(template);

/** The base of the program's components. A stack whose resources have the former names keeps these resources. */
export abstract class Component extends pulumi.ComponentResource {
  /**
   * @param kind the last part of the type token
   * @param name the logical name, which begins with one of the project's `Names`
   * @param opts Pulumi's own options
   */
  constructor(kind: string, name: string, opts?: pulumi.ComponentResourceOptions) {
    // The engine renames the children's aliases in the same way.
    super(`${componentType}:${kind}`, name, {}, pulumi.mergeOptions(opts, { aliases: [{ name: formerName(name) }] }));
  }
}

function formerName(name: string): string {
  const { bot, function: functionName } = namesOf(pulumi.getProject());
  return name.startsWith(functionName)
    ? name.replace(functionName, formerNames.function)
    : name.replace(bot, formerNames.bot);
}

function cut(text: string, most: number): string {
  return text.slice(0, most).replace(/-$/, "");
}
