import type { LocalCloud } from "./local-cloud";

export type Properties = Record<string, unknown>;

/** A resource that is being made. */
export interface Making<Inputs> {
  cloud: LocalCloud;
  inputs: Inputs;
  id: string;
  /** The last part of the id: the resource's own name. */
  name: string;
  /** What the program calls it. */
  logicalName: string;
}

/** What the local cloud knows of one type of resource. */
export interface ResourceType<Inputs = Properties> {
  /** The ARM id, with inputs in braces; the last one is the resource's name. */
  id: string;
  /** The name where the program gives none. azure-native adds eight random characters at the top level. */
  autoname?: (logicalName: string) => string;
  /** What Azure allows as a name: learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules. Absent: not checked. */
  name?: RegExp;
  /** The inputs that have an effect here. Others are refused; absent: the resource is only declared, and nothing has one. */
  inputs?: readonly string[];
  /** Gives the resource its body; resolves to the outputs that are not inputs. */
  create?(making: Making<Inputs>): Promise<Properties> | Properties;
}

/** Lets the registry hold types of different inputs. */
export function resourceType<Inputs>(type: ResourceType<Inputs>): ResourceType {
  return type as unknown as ResourceType;
}
