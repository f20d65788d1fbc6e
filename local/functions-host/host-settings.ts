import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { isBundleRange } from "./bundle-range";
import { type LogLevel, logLevels } from "./log";
import { messageOf, StartupError } from "./startup-error";
import { parseTimeSpan } from "./time-span";

const day = 24 * 60 * 60 * 1000;

/** A time span of host.json in milliseconds. A bare number would mean days, which is never intended, so it is refused. */
function timeSpan(least: number, most: number, range: string) {
  return z
    .string(`must be a time span such as "00:00:02" (a bare number would mean days)`)
    .transform((text, context) => {
      const value = parseTimeSpan(text);
      if (value !== undefined && value >= least && value <= most) return value;
      context.addIssue({ code: "custom", message: `is "${text}": must be a time span hh:mm:ss ${range}` });
      return z.NEVER;
    });
}

// Names, ranges and defaults: QueuesOptions of Microsoft.Azure.WebJobs.Extensions.Storage.Queues.
const queues = z
  .strictObject({
    batchSize: z.int().min(1).max(32).default(16),
    newBatchThreshold: z.int().min(0).optional(),
    maxPollingInterval: timeSpan(100, day, "from 00:00:00.1 to 1.00:00:00").default(60_000),
    visibilityTimeout: timeSpan(0, 7 * day, "from 00:00:00 to 7.00:00:00").default(0),
    maxDequeueCount: z.int().min(1).default(5),
    messageEncoding: z
      .string()
      .transform((text) => text.toLowerCase())
      .pipe(z.enum(["base64", "none"]))
      .default("base64"),
  })
  .transform((value) => ({
    ...value,
    // The real host multiplies this by the vCPUs of a dedicated plan. The B1 plan has one.
    newBatchThreshold: value.newBatchThreshold ?? Math.floor(value.batchSize / 2),
  }));

const logLevel = z
  .string()
  .transform((text) => text.toLowerCase() as LogLevel)
  .pipe(z.enum(logLevels));

const extensionBundle = z.strictObject({
  id: z.enum(["Microsoft.Azure.Functions.ExtensionBundle", "Microsoft.Azure.Functions.ExtensionBundle.Preview"]),
  version: z.string().refine(isBundleRange, `must be a version range such as "[4.*, 5.0.0)"`),
});

const hostJson = z.strictObject({
  $schema: z.string().optional(),
  version: z.literal("2.0"),
  extensionBundle: z
    .unknown()
    .refine((value) => value !== undefined, "is missing")
    .pipe(extensionBundle),
  extensions: z
    .strictObject({
      queues: queues.prefault({}),
      http: z.strictObject({ routePrefix: z.string().default("api") }).prefault({}),
    })
    .prefault({}),
  // This host has no Application Insights, console or file logging. It reads only the levels.
  logging: z.looseObject({ logLevel: z.record(z.string(), logLevel).default({}) }).prefault({}),
  telemetryMode: z.string().optional(),
  healthMonitor: z.unknown().optional(),
  watchDirectories: z.unknown().optional(),
  watchFiles: z.unknown().optional(),
  aggregator: z.unknown().optional(),
});

/** The parsed host.json. Time spans are in milliseconds. */
export type HostSettings = z.output<typeof hostJson>;
export type QueueSettings = HostSettings["extensions"]["queues"];

/** Parses the text of a host.json and adds the real host's defaults. @throws StartupError that names the first invalid key */
export function parseHostSettings(text: string): HostSettings {
  const result = hostJson.safeParse(parseJson(text));
  if (result.success) return result.data;
  throw new StartupError(describeIssue(result.error.issues[0]));
}

/** Reads `<content>/host.json`. */
export function readHostSettings(content: string): HostSettings {
  const path = join(content, "host.json");
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new StartupError(`${content} has no host.json. The Functions host does not start without one.`);
  }
  return parseHostSettings(text);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new StartupError(`host.json is not JSON: ${messageOf(error)}.`);
  }
}

function describeIssue(issue: z.core.$ZodIssue | undefined): string {
  const path = issue?.path.join(".") ?? "";
  if (issue?.code === "unrecognized_keys") {
    const keys = issue.keys.map((key) => (path ? `${path}.${key}` : key)).join(", ");
    return `host.json: this host does not support ${keys}. Remove it.`;
  }
  if (path === "extensionBundle" && issue?.message === "is missing") {
    return `host.json: extensionBundle is missing. Without it, the Functions host has no queue trigger. Add { "id": "Microsoft.Azure.Functions.ExtensionBundle", "version": "[4.*, 5.0.0)" }.`;
  }
  return `host.json: ${path || "the file"}: ${issue?.message ?? "is not valid"}.`;
}
