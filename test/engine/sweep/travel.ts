import type { PulumiStack } from "../../harness/pulumi";
import { describe, type Fault } from "./fault";
import type { FaultyCloud } from "./faulty-cloud";
import type { Journey } from "./journey";

/** What a journey showed beyond that all went well. */
export interface Arrival {
  /** What had to be deleted by hand before `up` went on, as docs/azure.md says: ids. */
  byHand: string[];
}

/** One step after the other: a fault that makes two at once fail would say nothing of either. */
const alone = ["--parallel", "1"];

/**
 * Up with the fault, down from there; up with the fault, up again, and down, with the other fault if there is one.
 * @throws Error that says which step did not go as it must
 */
export async function travel(journey: Journey, stack: PulumiStack, cloud: FaultyCloud): Promise<Arrival> {
  await fails(journey.create, stack, cloud);
  await succeeds("destroy", stack, alone);
  await leavesNothing(journey.create, cloud);

  await fails(journey.create, stack, cloud);
  const byHand = await converges(journey.create, stack, cloud);
  if (journey.delete) await fails(journey.delete, stack, cloud);
  await succeeds("destroy", stack, alone);
  await leavesNothing(journey.create, cloud);
  return { byHand };
}

async function fails(fault: Fault, stack: PulumiStack, cloud: FaultyCloud): Promise<void> {
  cloud.faults.plan(fault);
  const command = fault.step === "create" ? "up" : "destroy";
  const { succeeded, errors, steps, said } = await stack.attempt(command, alone);
  if (cloud.faults.withdraw()) throw new Error(`${describe(fault)}: it never came to that:\n${said}`);
  if (succeeded) throw new Error(`${describe(fault)}: pulumi ${command} did not fail`);
  const named = steps.some(({ type, name, failed }) => failed && type === fault.type && name === fault.name);
  if (!named || errors.length === 0) throw new Error(`${describe(fault)}: the error does not name it:\n${said}`);
}

/** Whatever was made behind the engine's back may be in the way: azure-native never takes over what exists. */
async function converges({ type }: Fault, stack: PulumiStack, cloud: FaultyCloud): Promise<string[]> {
  let last = await stack.attempt("up", alone);
  const inTheWay =
    !last.succeeded && /already (exist|in use)/.test(last.said) ? await unknownTo(stack, type, cloud) : [];
  if (inTheWay.length) {
    await makeWay(inTheWay, stack, cloud);
    last = await stack.attempt("up", alone);
  }
  if (!last.succeeded) throw new Error(`the next pulumi up did not converge:\n${last.said}`);
  const { succeeded, said } = await stack.attempt("preview", ["--expect-no-changes"]);
  if (!succeeded) throw new Error(`after the next pulumi up there still are changes:\n${said}`);
  return inTheWay;
}

/** As docs/azure.md says: by hand, or, where whoever deploys may not do that (secrets), with the whole stack. */
async function makeWay(ids: string[], stack: PulumiStack, cloud: FaultyCloud): Promise<void> {
  try {
    for (const id of ids) await cloud.served.resources.delete(id);
  } catch {
    await succeeds("destroy", stack, alone);
  }
}

/** What exists of a type, and is not in the stack's state: ids. */
async function unknownTo(stack: PulumiStack, type: string, cloud: FaultyCloud): Promise<string[]> {
  const { resources } = JSON.parse(await stack.export()).deployment as { resources: { id?: string }[] };
  const known = new Set(resources.map(({ id }) => id?.toLowerCase()));
  const existing = cloud.served.resources.all.filter(({ token }) => token === type);
  return existing.map(({ id }) => id).filter((id) => !known.has(id.toLowerCase()));
}

async function succeeds(command: "destroy", stack: PulumiStack, args: string[]): Promise<void> {
  const { succeeded, said } = await stack.attempt(command, args);
  if (!succeeded) throw new Error(`pulumi ${command} failed:\n${said}`);
}

/** A resource group made just before the connection broke is known to nobody; its tags tell whose it is: docs/ci.md. */
async function leavesNothing({ type, mishap }: Fault, cloud: FaultyCloud): Promise<void> {
  const left = cloud.ids;
  const orphan = mishap === "hung up" && type === "azure-native:resources:ResourceGroup";
  if (left.length !== (orphan ? 1 : 0)) throw new Error(`destroy leaves:\n${left.join("\n")}`);
  for (const id of left) await cloud.served.resources.delete(id);
  for (const { name } of cloud.served.resources.deletedVaults) await cloud.served.resources.purge(name);
}
