import { armId, nameInput } from "./arm-id";
import { invokes } from "./invokes";
import type { LocalCloud } from "./local-cloud";
import { NotSupported } from "./not-supported";
import type { Properties, ResourceType } from "./resource-type";
import { resourceTypes } from "./resource-types";

export interface Realised {
  id: string;
  outputs: Properties;
}

/** Azure Resource Manager: makes what a program declares and answers what it asks, by Pulumi's tokens. */
export class ResourceManager {
  constructor(private readonly cloud: LocalCloud) {}

  /** @throws NotSupported, or why the resource cannot be made */
  async create(token: string, logicalName: string, inputs: Properties): Promise<Realised> {
    const type = resourceTypes[token];
    if (!type) throw new NotSupported(`resources of type ${token}`);
    refuseUnknown(token, type, inputs);
    const { cloud } = this;
    const key = nameInput(type.id);
    const name = String(inputs[key] ?? type.autoname?.(logicalName));
    const id = armId(type.id, { subscriptionId: cloud.subscriptionId, ...inputs, [key]: name });
    this.refuseMisplaced(id);
    refuseName(type, name);
    const outputs = (await type.create?.({ cloud, inputs, id, name, logicalName })) ?? {};
    cloud.remember(id);
    return { id, outputs: { ...inputs, name, ...outputs } };
  }

  /** As Azure Resource Manager: nothing twice, and nothing in what does not exist. */
  private refuseMisplaced(id: string): void {
    if (this.cloud.exists(id)) throw new Error(`Conflict: ${id} exists already`);
    const missing = holders(id).find((holder) => !this.cloud.exists(holder));
    if (missing) throw new Error(`ResourceNotFound: ${missing} does not exist`);
  }

  async invoke(token: string, args: Properties): Promise<Properties> {
    const answer = invokes[token];
    if (!answer) throw new NotSupported(`the function ${token}`);
    return answer(this.cloud, args as Record<string, string>);
  }
}

/** The resource group that an id is in, and the top-level resource that it is part of. */
function holders(id: string): string[] {
  const group = /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+(?=\/)/i.exec(id);
  const resource = /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/[^/]+\/[^/]+\/[^/]+(?=\/)/i.exec(id);
  return [group, resource].flatMap((found) => found?.[0] ?? []);
}

function refuseName(type: ResourceType, name: string): void {
  if (type.name && !type.name.test(name)) throw new Error(`InvalidResourceName: "${name}" must match ${type.name}`);
}

function refuseUnknown(token: string, type: ResourceType, inputs: Properties): void {
  const unknown = type.inputs && Object.keys(inputs).find((input) => !type.inputs?.includes(input));
  if (unknown) throw new NotSupported(`the input ${unknown} of ${token}`);
}
