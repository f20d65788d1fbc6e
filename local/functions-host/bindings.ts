import { z } from "zod";
import type { AppSettings } from "./app-settings";
import type { RegisteredFunction } from "./functions-core";
import { parseRoute, type Route } from "./http-route";
import { resolveQueueConnection } from "./queue-connection";
import type { BindingInfo } from "./rpc";
import { StartupError } from "./startup-error";
import { resolveStorageConnection, type StorageConnection } from "./storage-connection";
import { TimerSchedule } from "./timer-schedule";

export interface QueueFunction {
  function: RegisteredFunction;
  /** Name of the trigger binding, which addresses its input. */
  binding: string;
  queueName: string;
  connection: StorageConnection;
  /** Whether the function receives the message as bytes. */
  isBinary: boolean;
}

export interface HttpFunction {
  function: RegisteredFunction;
  binding: string;
  route: Route;
  /** Upper case. Empty: every method. */
  methods: string[];
}

export interface TimerFunction {
  function: RegisteredFunction;
  binding: string;
  /** The key of the timer's status. */
  timer: string;
  schedule: TimerSchedule;
  runOnStartup: boolean;
  /** The storage of the timer's status. Absent: the timer does not catch up on missed runs. */
  monitor?: StorageConnection;
}

export interface Triggers {
  queues: QueueFunction[];
  http: HttpFunction[];
  timers: TimerFunction[];
  disabled: string[];
}

const commonProperties = {
  name: z.string(),
  direction: z.literal("in"),
  properties: z.object({ supportsDeferredBinding: z.literal("false") }).optional(),
  dataType: z.literal("string").optional(),
  sdkBinding: z.literal(false).optional(),
};

const queueTrigger = z.strictObject({
  ...commonProperties,
  dataType: z.literal(["string", "binary"]).optional(),
  type: z.string(),
  queueName: z.string(),
  connection: z.string().default("AzureWebJobsStorage"),
});

const httpTrigger = z.strictObject({
  ...commonProperties,
  type: z.string(),
  route: z.string().optional(),
  methods: z.array(z.string().toUpperCase()).default([]),
  authLevel: z.string().default("function"),
});

// A value that comes from an app setting is text.
const booleanText = z.union([z.boolean(), z.stringbool({ truthy: ["true"], falsy: ["false"] })]);

const timerTrigger = z.strictObject({
  ...commonProperties,
  type: z.string(),
  schedule: z.string(),
  runOnStartup: booleanText.default(false),
  useMonitor: booleanText.default(true),
});

/** Groups the registered functions by trigger. @throws StartupError that names the first unsupported property */
export function readTriggers(
  functions: Iterable<RegisteredFunction>,
  settings: AppSettings,
  routePrefix: string,
): Triggers {
  const triggers: Triggers = { queues: [], http: [], timers: [], disabled: [] };
  for (const registered of functions) {
    const { name } = registered.metadata;
    if (typeof registered.callback !== "function")
      throw new StartupError(`Function '${name}' has no handler. Add one.`);
    const { binding, info } = findTrigger(registered);
    const type = info.type.toLowerCase();
    // The binding of a disabled function must be valid, too.
    if (type === "queuetrigger") {
      const queue = readQueueTrigger(registered, binding, info, settings);
      if (!settings.isDisabled(name)) triggers.queues.push(queue);
    } else if (type === "httptrigger") {
      const http = readHttpTrigger(registered, binding, info, routePrefix);
      if (!settings.isDisabled(name)) triggers.http.push(http);
    } else if (type === "timertrigger") {
      const timer = readTimerTrigger(registered, binding, info, settings);
      if (!settings.isDisabled(name)) triggers.timers.push(timer);
    } else {
      throw new StartupError(
        `Function '${name}' has a trigger of type '${info.type}'. This host supports only queueTrigger, httpTrigger and timerTrigger.`,
      );
    }
    if (settings.isDisabled(name)) triggers.disabled.push(name);
  }
  return triggers;
}

function findTrigger({ metadata }: RegisteredFunction): { binding: string; info: BindingInfo } {
  const { name, bindings, retryOptions } = metadata;
  if (retryOptions) {
    throw new StartupError(
      `Function '${name}' has a retry policy. Queue and HTTP triggers have no retry policies, and this host does not support them for timers. Use extensions.queues in host.json.`,
    );
  }
  const found = Object.entries(bindings).filter(([, info]) => /trigger$/i.test(info.type));
  const [trigger] = found;
  if (!trigger || found.length > 1)
    throw new StartupError(`Function '${name}' has ${found.length} triggers. It must have one.`);
  const [binding, info] = trigger;
  for (const [other, { type }] of Object.entries(bindings)) {
    const isHttpAnswer =
      other === "$return" && type.toLowerCase() === "http" && info.type.toLowerCase() === "httptrigger";
    if (other !== binding && !isHttpAnswer) {
      throw new StartupError(
        `Function '${name}' has a binding '${other}' of type '${type}'. This host supports only triggers, not other inputs and outputs.`,
      );
    }
  }
  return { binding, info };
}

function readQueueTrigger(
  fn: RegisteredFunction,
  binding: string,
  info: BindingInfo,
  settings: AppSettings,
): QueueFunction {
  const trigger = parseTrigger(queueTrigger, fn, info);
  const where = `queueName of function '${fn.metadata.name}'`;
  const queueName = settings.resolve(trigger.queueName, where);
  if (!/^(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(queueName)) {
    throw new StartupError(
      `${where} is '${queueName}'. A queue name has 3 to 63 lower-case letters, digits and single hyphens.`,
    );
  }
  const connection = resolveQueueConnection(
    settings.resolve(trigger.connection || "AzureWebJobsStorage", where),
    settings,
  );
  return { function: fn, binding, queueName, connection, isBinary: trigger.dataType === "binary" };
}

function readHttpTrigger(
  fn: RegisteredFunction,
  binding: string,
  info: BindingInfo,
  routePrefix: string,
): HttpFunction {
  const { name } = fn.metadata;
  const trigger = parseTrigger(httpTrigger, fn, info);
  if (trigger.authLevel.toLowerCase() !== "anonymous") {
    throw new StartupError(
      `Function '${name}' has authLevel '${trigger.authLevel}'. This host supports only 'anonymous', because it has no function keys.`,
    );
  }
  const path = [routePrefix, trigger.route ?? name].map((part) => part.replace(/^\/+|\/+$/g, "")).filter(Boolean);
  return { function: fn, binding, route: parseRoute(path.join("/"), name), methods: trigger.methods };
}

function readTimerTrigger(
  fn: RegisteredFunction,
  binding: string,
  info: BindingInfo,
  settings: AppSettings,
): TimerFunction {
  const { name } = fn.metadata;
  const { schedule: text, runOnStartup, useMonitor } = parseTrigger(timerTrigger, fn, info);
  const where = `schedule of function '${name}'`;
  const zone = settings.get("WEBSITE_TIME_ZONE");
  if (zone)
    throw new StartupError(
      `The app setting WEBSITE_TIME_ZONE is '${zone}'. This host's timers use UTC. Remove the setting.`,
    );
  const schedule = TimerSchedule.parse(settings.resolve(text, where), where);
  const isMonitored = useMonitor && !schedule.isSubMinute;
  const monitor = isMonitored ? resolveStorageConnection("AzureWebJobsStorage", "blob", settings) : undefined;
  return { function: fn, binding, timer: `Host.Functions.${name}`, schedule, runOnStartup, monitor };
}

function parseTrigger<T extends z.ZodType>(schema: T, fn: RegisteredFunction, info: BindingInfo): z.output<T> {
  const result = schema.safeParse(info);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const what = issue?.code === "unrecognized_keys" ? issue.keys.join(", ") : (issue?.path.join(".") ?? "");
  throw new StartupError(
    `Function '${fn.metadata.name}', ${info.type}: '${what}' is not supported by this host (${issue?.message}).`,
  );
}
