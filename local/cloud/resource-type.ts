import type { LocalCloud } from "./local-cloud";

export type Properties = Record<string, unknown>;

/** An input that cannot be as it is. */
export interface CheckFailure {
  /** The input, with dots before what is in it; "" for the resource as a whole. */
  property: string;
  reason: string;
  /** Azure would take it; only the local cloud has nothing behind it. */
  notSupported?: true;
}

/** A resource that is there, or is being made. */
export interface Living<Inputs> {
  cloud: LocalCloud;
  inputs: Inputs;
  id: string;
  /** The last part of the id: the resource's own name. */
  name: string;
  /** Its name in the program. */
  logicalName: string;
}

/** A resource that is being made or changed. */
export interface Making<Inputs> extends Living<Inputs> {
  /** Accepts that an input has no effect here. @throws refusal in a cloud that is strict */
  declaredOnly(property: string, refusal: Error): void;
}

/** A resource that gets other inputs. */
export interface Changing<Inputs> extends Making<Inputs> {
  /** The inputs until now. */
  olds: Inputs;
}

/** A resource that is being deleted. */
export interface Going<Inputs> extends Living<Inputs> {
  /** Whether it goes because of what it is part of. */
  withParent: boolean;
}

/** How a resource really is, as far as others than Azure Resource Manager may have changed it. */
export interface Found {
  inputs?: Properties;
  outputs?: Properties;
}

/** One type of resource in the local cloud. */
export interface ResourceType<Inputs = Properties> {
  /** The ARM id, with inputs in braces; the last one is the resource's name. */
  id: string;
  /** The name where the program gives none. azure-native adds eight random characters at the top level. */
  autoname?: (logicalName: string) => string;
  /** The names that Azure allows: learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules. Absent: not checked. */
  name?: RegExp;
  /** The inputs that have a meaning here. Others are declared only. */
  inputs: readonly string[];
  /** The inputs that Azure requires beside those in the id, with dots between an input and its members. */
  required?: readonly string[];
  /** The inputs whose change makes another resource, with dots before what is in an input; those in the id always do. */
  replaces?: readonly string[];
  /** The inputs that Azure takes and never returns, with dots before what is in an input. */
  writeOnly?: readonly string[];
  /** It exists with its parent: it is made over what is there, and deleting it brings its default back. */
  singleton?: true;
  /** The id of what Azure changes only one part of at a time, with inputs in braces: a second write is refused with 409. */
  oneWriteAtATime?: string;
  /** Other faults of the inputs; gets only those that are known already. */
  check?(inputs: Partial<Inputs>, cloud: LocalCloud): CheckFailure[];
  /** Gives the resource its body; resolves to the outputs that are not inputs. */
  create?(making: Making<Inputs>): Promise<Properties> | Properties;
  /** Changes the body; resolves to the outputs that have changed. Absent: nothing is to be done. */
  update?(changing: Changing<Inputs>): Promise<Properties> | Properties;
  /** Why Azure does not let it be deleted now, if so. */
  held?(living: Living<Inputs>): string | undefined;
  /** Removes the body. Absent: the type has none. */
  delete?(going: Going<Inputs>): Promise<void> | void;
  /** Asks the body itself; undefined: it is gone. Absent: only Azure Resource Manager can change it. */
  read?(living: Living<Inputs>): Promise<Found | undefined> | Found | undefined;
}

/** Lets the registry hold types of different inputs. */
export function resourceType<Inputs>(type: ResourceType<Inputs>): ResourceType {
  return type as unknown as ResourceType;
}
