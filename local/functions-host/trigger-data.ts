import { randomUUID } from "node:crypto";
import type { QueueFunction } from "./bindings";
import type { RpcTypedData } from "./rpc";
import { type ScheduleStatus, statusToJson } from "./schedule-status";

/** The properties of a queue message, without its body. */
export interface MessageProperties {
  id: string;
  popReceipt: string;
  dequeueCount: number;
  insertedOn: Date;
  expiresOn: Date;
  nextVisibleOn: Date;
}

/**
 * The trigger metadata of a queue message, as the real host sends it: the message's properties, overwritten
 * (case-insensitively) by the top-level properties of a JSON body in text form. A body's `id` hides the message's id.
 * Source: WorkerFunctionInvoker.TransformInput and Utility.ApplyBindingData in github.com/Azure/azure-functions-host.
 */
export function queueTriggerMetadata(
  {
    function: {
      metadata: { name },
    },
    isBinary,
  }: Pick<QueueFunction, "function" | "isBinary">,
  body: string,
  message: MessageProperties,
): Record<string, RpcTypedData> {
  const metadata: Record<string, RpcTypedData> = {
    QueueTrigger: { string: body },
    DequeueCount: { json: String(message.dequeueCount) },
    ExpirationTime: toTimeData(message.expiresOn),
    Id: { string: message.id },
    InsertionTime: toTimeData(message.insertedOn),
    NextVisibleTime: toTimeData(message.nextVisibleOn),
    PopReceipt: { string: message.popReceipt },
    sys: systemProperties(name),
  };
  if (isBinary) return metadata;
  const keys = new Map(Object.keys(metadata).map((key) => [key.toLowerCase(), key]));
  for (const [name, value] of Object.entries(bodyProperties(body))) {
    const data = propertyData(value);
    if (!data) continue;
    const key = keys.get(name.toLowerCase()) ?? name;
    keys.set(name.toLowerCase(), key);
    metadata[key] = data;
  }
  return metadata;
}

/**
 * The input of a timer function, .NET's TimerInfo. `@azure/functions` converts its names to camel case.
 * @param status undefined for a timer that is not monitored
 */
export function timerInput(status: ScheduleStatus | undefined, isPastDue: boolean): RpcTypedData {
  const info = {
    Schedule: { AdjustForDST: true }, // the constant value of CronSchedule
    ScheduleStatus: status ? statusToJson(status) : null,
    IsPastDue: isPastDue,
  };
  return { json: JSON.stringify(info) };
}

export function timerTriggerMetadata(functionName: string): Record<string, RpcTypedData> {
  return { TimerTrigger: { string: new Date().toISOString() }, sys: systemProperties(functionName) };
}

function systemProperties(functionName: string): RpcTypedData {
  return { json: JSON.stringify({ MethodName: functionName, UtcNow: new Date(), RandGuid: randomUUID() }) };
}

function bodyProperties(body: string): Record<string, unknown> {
  if (!body.trimStart().startsWith("{")) return {};
  try {
    return JSON.parse(body) as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** Objects become JSON and scalars text (.NET writes True and False). Arrays and nulls are omitted. */
function propertyData(value: unknown): RpcTypedData | undefined {
  if (value === null || Array.isArray(value)) return undefined;
  if (typeof value === "object") return { json: JSON.stringify(value) };
  if (typeof value === "boolean") return { string: value ? "True" : "False" };
  return { string: String(value) };
}

function toTimeData(date: Date): RpcTypedData {
  return { json: JSON.stringify(date.toISOString().replace(/\.\d+Z$/, "+00:00")) };
}
