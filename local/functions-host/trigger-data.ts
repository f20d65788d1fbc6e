import { randomUUID } from "node:crypto";
import type { QueueFunction } from "./bindings";
import type { RpcTypedData } from "./rpc";
import { type ScheduleStatus, statusToJson } from "./schedule-status";

/** What the queue says about a message beside its body. */
export interface MessageFacts {
  id: string;
  popReceipt: string;
  dequeueCount: number;
  insertedOn: Date;
  expiresOn: Date;
  nextVisibleOn: Date;
}

/**
 * The trigger metadata of a queue message as the real host sends it: its own facts, then over them (without regard to
 * case) the top-level properties of a JSON body that is handed over as text. So a body's `id` hides the message's id there.
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
  message: MessageFacts,
): Record<string, RpcTypedData> {
  const metadata: Record<string, RpcTypedData> = {
    QueueTrigger: { string: body },
    DequeueCount: { json: String(message.dequeueCount) },
    ExpirationTime: time(message.expiresOn),
    Id: { string: message.id },
    InsertionTime: time(message.insertedOn),
    NextVisibleTime: time(message.nextVisibleOn),
    PopReceipt: { string: message.popReceipt },
    sys: system(name),
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
 * What a timer hands to its function, .NET's TimerInfo; the library makes its names begin with small letters.
 * @param status none for a timer that is not monitored
 */
export function timerInput(status: ScheduleStatus | undefined, isPastDue: boolean): RpcTypedData {
  const info = {
    Schedule: { AdjustForDST: true }, // what CronSchedule always says
    ScheduleStatus: status ? statusToJson(status) : null,
    IsPastDue: isPastDue,
  };
  return { json: JSON.stringify(info) };
}

export function timerTriggerMetadata(functionName: string): Record<string, RpcTypedData> {
  return { TimerTrigger: { string: new Date().toISOString() }, sys: system(functionName) };
}

function system(functionName: string): RpcTypedData {
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

/** Objects go as JSON, scalars as text (.NET writes True and False); arrays and nulls are left out. */
function propertyData(value: unknown): RpcTypedData | undefined {
  if (value === null || Array.isArray(value)) return undefined;
  if (typeof value === "object") return { json: JSON.stringify(value) };
  if (typeof value === "boolean") return { string: value ? "True" : "False" };
  return { string: String(value) };
}

function time(date: Date): RpcTypedData {
  return { json: JSON.stringify(date.toISOString().replace(/\.\d+Z$/, "+00:00")) };
}
