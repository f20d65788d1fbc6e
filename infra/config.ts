import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { schedules } from "../core/schedule";
import { type Cloud, cloud, clouds, serviceHost } from "./clouds";
import { planProblems } from "./plan-limits";
import { tags } from "./tags";

/** Settings of `azure-native` itself that this program reads too. */
const providerSettings = ["environment", "location"];
/** Settings that Pulumi keeps as JSON, as `pulumi config set --path 'serviceHosts[0]' …` writes them. */
const jsonSettings = ["cloud", "schedules", "serviceHosts", "tags"];

const trueOrFalse = z.stringbool({
  truthy: ["true"],
  falsy: ["false"],
  case: "sensitive",
  error: "must be true or false",
});
const wholeNumber = (least: number, most: number, text: string) =>
  z.string().regex(/^\d+$/, text).transform(Number).pipe(z.number().min(least, text).max(most, text));

/** Every setting with its default and its check; values arrive as text, as Pulumi keeps them. */
const settings = z.object({
  /** Chooses the row of clouds.ts, unless `cloud` gives one. */
  environment: z.string().default("public"),
  location: z
    .string()
    .regex(/^[A-Za-z0-9 ]+$/, "must be an Azure region, such as westeurope")
    .optional(),
  /** The queue that other systems write to. The poison queue's name must fit into Azure's 63 characters as well. */
  queueName: z
    .string()
    .regex(
      /^(?=.{3,56}$)(?!.*-poison$)[a-z0-9]+(-[a-z0-9]+)*$/,
      "must be 3 to 56 lower-case letters, digits and single hyphens, a letter or digit at both ends, and not end with -poison",
    )
    .default("bot-queue"),
  /** The name that people see. */
  botDisplayName: z
    .string()
    .regex(/^\S(.{0,40}\S)?$/, "must be 1 to 42 characters")
    .default("Proactive bot"),
  /** Whether the bot's own page offers Web Chat. */
  webChat: trueOrFalse.default(true),
  /** Whether the bot is reachable in Microsoft Teams, whose terms are then accepted. */
  teams: trueOrFalse.default(false),
  /** How the function brings messages to the bot: over Direct Line, or by the bot's own API. */
  delivery: z.enum(["directLine", "api"], "must be directLine or api").default("directLine"),
  /** Messages at certain times, with their recipients. */
  schedules: schedules.default([]),
  /** For how many days the outcome of a message is kept. */
  deliveryDays: wholeNumber(1, 3650, "must be whole days, from 1 to 3650").default(30),
  /** For how many days a visitor of a chat page is remembered after the last message; 0: for ever. */
  referenceDays: wholeNumber(0, 3650, "must be whole days, from 1 to 3650, or 0 to remember everybody").default(90),
  /** How many messages a second the function brings to the bot, at most: Teams takes 50 of an app in a tenant. */
  sendsPerSecond: wholeNumber(1, 1000, "must be a whole number from 1 to 1000").default(40),
  /** The recipient of a mail when messages wait in the poison queue; without it no mail is sent. */
  alertEmail: z.email("must be an e-mail address, such as ops@example.com").optional(),
  /** The size of the plan that both apps share. */
  appServiceSku: z
    .string()
    .regex(
      /^(B[1-3]|S[1-3]|P[1-3]v2|P[0-3]v[34]|P[1-5]mv[34])$/,
      "must be a size that keeps apps Always On: B1 to B3, S1 to S3, P0v3 and the like (F1, D1 and Y1 do not)",
    )
    .default("B1"),
  /** How many instances of the plan both apps run on. The most that each size allows: plan-limits.ts. */
  instances: wholeNumber(1, 30, "must be a whole number from 1 to 30").default(1),
  /** Whether the instances are spread over the region's availability zones. */
  zoneRedundant: trueOrFalse.default(false),
  /** How the storage account's data is replicated; these have queues and tables: learn.microsoft.com/azure/storage/common/storage-account-overview */
  storageSku: z
    .enum(
      ["Standard_LRS", "Standard_ZRS", "Standard_GRS", "Standard_RAGRS", "Standard_GZRS", "Standard_RAGZRS"],
      "must be Standard_LRS, Standard_ZRS, Standard_GRS, Standard_RAGRS, Standard_GZRS or Standard_RAGZRS",
    )
    .default("Standard_LRS"),
  /** F0 is free up to 10,000 messages a month on premium channels (Direct Line is one). */
  botSku: z.enum(["F0", "S1"], "must be F0 or S1").default("F0"),
  /** Node.js under both apps. */
  nodeVersion: z.enum(["22", "24"], "must be 22 or 24").default("22"),
  /** The operator, who may look into queues and tables; without it the deployer of the first `pulumi up`. */
  operatorObjectId: z
    .guid("must be the object id (a GUID) of a user, group or service principal in Microsoft Entra")
    .optional(),
  /** More hosts that may receive the bot's token. */
  serviceHosts: z.array(serviceHost, 'must be a list of hosts, such as ["bots.example.com"]').default([]),
  /** Tags of every resource that takes tags, beside `project` and `stack`. */
  tags: tags.default({}),
  /** Raise it to get another webhook secret. */
  webhookVersion: wholeNumber(1, 1_000_000, "must be a whole number from 1 on").default(1),
  /** For how long a release may take, in seconds; Azure's roles take up to ten minutes to work after the first `pulumi up`. */
  releaseTimeout: wholeNumber(10, 7200, "must be whole seconds, from 10 to 7200").default(1200),
  /** A whole row of clouds.ts, for a cloud that has none there. */
  cloud: cloud.optional(),
});

export type Config = Omit<z.infer<typeof settings>, "environment" | "location" | "cloud"> & {
  location: string;
  cloud: Cloud;
};

/** @throws pulumi.RunError that names every wrong setting and what is allowed. */
export function readConfig(): Config {
  const project = new pulumi.Config();
  const provider = new pulumi.Config("azure-native");
  const read = (name: string) => (providerSettings.includes(name) ? provider : project).get(name);
  const { config, problems } = parseConfig(
    Object.fromEntries(Object.keys(settings.shape).map((n) => [n, read(n)])),
    project.name,
  );
  if (!config) throw new pulumi.RunError(`The configuration of this stack is wrong.\n${problems.join("\n")}`);
  return config;
}

/** Checks texts as Pulumi keeps them; `problems` are for people and name each setting in full. */
export function parseConfig(
  texts: Record<string, string | undefined>,
  project: string,
): { config?: Config; problems: string[] } {
  const values = Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [name, jsonSettings.includes(name) ? parseJson(text) : text]),
  );
  const fullName = (name: string) => `${providerSettings.includes(name) ? "azure-native" : project}:${name}`;
  const result = settings.safeParse(values);
  const problems = result.error?.issues.map((issue) => problem(issue, values, fullName)) ?? [];

  if (result.data) problems.push(...planProblems(result.data, fullName));

  const row = result.data?.cloud ?? clouds[texts.environment ?? "public"];
  if (!row && texts.cloud === undefined) {
    const allowed = `must be ${Object.keys(clouds).join(" or ")}; for another cloud give its row as ${fullName("cloud")}`;
    problems.push(`${fullName("environment")} is ${JSON.stringify(texts.environment)}: ${allowed}`);
  }
  if (!result.data || !row || problems.length) return { problems };
  const { environment, cloud: _, location = defaultLocation(environment), ...rest } = result.data;
  return { config: { ...rest, location, cloud: row }, problems };
}

/** `project:cloud.directLine is "x": must be …`. */
function problem(issue: z.core.$ZodIssue, values: unknown, fullName: (name: string) => string): string {
  const [name, ...path] = issue.path.map(String);
  const value = issue.path.reduce(
    (at: unknown, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key],
    values,
  );
  const place = `${fullName(name ?? "")}${path.map((key) => (/^\d+$/.test(key) ? `[${key}]` : `.${key}`)).join("")}`;
  return value === undefined
    ? `${place} is missing: ${issue.message}`
    : `${place} is ${JSON.stringify(value)}: ${reason(issue)}`;
}

function reason(issue: z.core.$ZodIssue): string {
  return issue.code === "unrecognized_keys" ? `must not have ${issue.keys.join(", ")}` : issue.message;
}

function parseJson(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text; // the check then refuses it
  }
}

function defaultLocation(environment: string): string {
  return environment === "usgovernment" ? "usgovvirginia" : "westeurope";
}
