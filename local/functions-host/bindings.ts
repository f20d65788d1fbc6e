import { z } from "zod";
import type { AppSettings } from "./app-settings";
import type { RegisteredFunction } from "./functions-core";
import { parseRoute, type Route } from "./http-route";
import { resolveQueueConnection } from "./queue-connection";
import { Refusal } from "./refusal";
import type { BindingInfo } from "./rpc";
import { resolveStorageConnection, type StorageConnection } from "./storage-connection";
import { TimerSchedule } from "./timer-schedule";

export interface QueueFunction {
  function: RegisteredFunction;
  /** Name of the trigger binding, as inputs are addressed. */
  binding: string;
  queueName: string;
  connection: StorageConnection;
  /** Whether the function gets a message as bytes. */
  isBinary: boolean;
}

export interface HttpFunction {
  function: RegisteredFunction;
  binding: string;
  route: Route;
  /** Upper case; empty means every method. */
  methods: string[];
}

export interface TimerFunction {
  function: RegisteredFunction;
  binding: string;
  /** What its status is kept under. */
  timer: string;
  schedule: TimerSchedule;
  runOnStartup: boolean;
  /** Where its status is kept; absent: a run that is missed is not made up for. */
  monitor?: StorageConnection;
}

export interface Triggers {
  queues: QueueFunction[];
  http: HttpFunction[];
  timers: TimerFunction[];
  disabled: string[];
}

const common = {
  name: z.string(),
  direction: z.literal("in"),
  properties: z.object({ supportsDeferredBinding: z.literal("false") }).optional(),
  dataType: z.literal("string").optional(),
  sdkBinding: z.literal(false).optional(),
};

const queueTrigger = z.strictObject({
  ...common,
  dataType: z.literal(["string", "binary"]).optional(),
  type: z.string(),
  queueName: z.string(),
  connection: z.string().default("AzureWebJobsStorage"),
});

const httpTrigger = z.strictObject({
  ...common,
  type: z.string(),
  route: z.string().optional(),
  methods: z.array(z.string().toUpperCase()).default([]),
  authLevel: z.string().default("function"),
});

// Of an app setting a true comes as text.
const flag = z.union([z.boolean(), z.stringbool({ truthy: ["true"], falsy: ["false"] })]);

const timerTrigger = z.strictObject({
  ...common,
  type: z.string(),
  schedule: z.string(),
  runOnStartup: flag.default(false),
  useMonitor: flag.default(true),
});

/** Sorts the registered functions by trigger; refuses by name whatever this host cannot do. */
export function readTriggers(
  functions: Iterable<RegisteredFunction>,
  settings: AppSettings,
  routePrefix: string,
): Triggers {
  const triggers: Triggers = { queues: [], http: [], timers: [], disabled: [] };
  for (const registered of functions) {
    const { name } = registered.metadata;
    if (typeof registered.callback !== "function") throw new Refusal(`Function '${name}' has no handler: give it one.`);
    const { binding, info } = findTrigger(registered);
    const type = info.type.toLowerCase();
    // Read even when disabled: a wrong binding is wrong all the same.
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
      throw new Refusal(
        `Function '${name}' has a trigger of type '${info.type}': this host supports queueTrigger, httpTrigger and timerTrigger only.`,
      );
    }
    if (settings.isDisabled(name)) triggers.disabled.push(name);
  }
  return triggers;
}

function findTrigger({ metadata }: RegisteredFunction): { binding: string; info: BindingInfo } {
  const { name, bindings, retryOptions } = metadata;
  if (retryOptions) {
    throw new Refusal(
      `Function '${name}' has a retry policy: queue and HTTP triggers have none, and this host knows none for timers; use extensions.queues in host.json.`,
    );
  }
  const found = Object.entries(bindings).filter(([, info]) => /trigger$/i.test(info.type));
  const [trigger] = found;
  if (!trigger || found.length > 1)
    throw new Refusal(`Function '${name}' has ${found.length} triggers: it must have one.`);
  const [binding, info] = trigger;
  for (const [other, { type }] of Object.entries(bindings)) {
    const isHttpAnswer =
      other === "$return" && type.toLowerCase() === "http" && info.type.toLowerCase() === "httptrigger";
    if (other !== binding && !isHttpAnswer) {
      throw new Refusal(
        `Function '${name}' has a binding '${other}' of type '${type}': this host supports no inputs and outputs beside triggers.`,
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
  const trigger = check(queueTrigger, fn, info);
  const where = `queueName of function '${fn.metadata.name}'`;
  const queueName = settings.resolve(trigger.queueName, where);
  if (!/^(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(queueName)) {
    throw new Refusal(
      `${where} is '${queueName}': a queue name has 3 to 63 lower-case letters, digits and single hyphens.`,
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
  const trigger = check(httpTrigger, fn, info);
  if (trigger.authLevel.toLowerCase() !== "anonymous") {
    throw new Refusal(
      `Function '${name}' has authLevel '${trigger.authLevel}': this host has no keys; only 'anonymous' is supported.`,
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
  const { schedule: text, runOnStartup, useMonitor } = check(timerTrigger, fn, info);
  const where = `schedule of function '${name}'`;
  const zone = settings.get("WEBSITE_TIME_ZONE");
  if (zone)
    throw new Refusal(`The app setting WEBSITE_TIME_ZONE is '${zone}': this host's timers are in UTC, remove it.`);
  const schedule = TimerSchedule.parse(settings.resolve(text, where), where);
  const isMonitored = useMonitor && !schedule.isSubMinute;
  const monitor = isMonitored ? resolveStorageConnection("AzureWebJobsStorage", "blob", settings) : undefined;
  return { function: fn, binding, timer: `Host.Functions.${name}`, schedule, runOnStartup, monitor };
}

function check<T extends z.ZodType>(schema: T, fn: RegisteredFunction, info: BindingInfo): z.output<T> {
  const result = schema.safeParse(info);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const what = issue?.code === "unrecognized_keys" ? issue.keys.join(", ") : (issue?.path.join(".") ?? "");
  throw new Refusal(
    `Function '${fn.metadata.name}', ${info.type}: '${what}' is not supported by this host (${issue?.message}).`,
  );
}
