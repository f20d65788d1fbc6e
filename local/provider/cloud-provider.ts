import { isDeepStrictEqual } from "node:util";
import type { CheckFailure, Realised, ResourceManager } from "../cloud/resource-manager";
import type { Properties } from "../cloud/resource-type";

/** A resource as the engine names it: Pulumi's token and the program's name are the last parts of its URN. */
export interface Named {
  urn: string;
  type: string;
  name: string;
}

/** A change by the engine, done or tried: `problem` is the reason of a failure. */
export interface Change extends Named {
  verb: "created" | "updated" | "deleted";
  milliseconds: number;
  problem?: string;
}

/** The part of a resource that the engine keeps between runs. */
export interface State {
  inputs: Properties;
  outputs: Properties;
}

/**
 * The work of azure-native for the engine, on the local cloud: github.com/pulumi/pulumi-azure-native,
 * provider/pkg/provider/provider.go. Values are plain: the engine keeps track of what is secret by itself.
 */
export class CloudProvider {
  private location?: string;

  constructor(
    private readonly resources: ResourceManager,
    private readonly onChange: (change: Change) => void = () => {},
  ) {}

  /** The stack's config of this provider, by name. */
  configure({ location }: Record<string, string>): void {
    this.location = location;
  }

  check({ type, name }: Named, olds: Properties, news: Properties): { inputs: Properties; failures: CheckFailure[] } {
    // An old resource keeps its location; a new one has that of the stack's config.
    const known = this.location === undefined ? olds : { location: this.location, ...olds };
    return this.resources.check(type, name, news, Object.keys(known).length ? known : undefined);
  }

  diff({ type }: Named, olds: Properties, news: Properties) {
    return this.resources.diff(type, olds, news);
  }

  create(resource: Named, inputs: Properties): Promise<Realised> {
    return this.timed("created", resource, () => this.resources.create(resource.type, resource.name, inputs));
  }

  /** @returns undefined when it does not exist (any more) */
  async read(id: string, old: State): Promise<(State & { id: string }) | undefined> {
    const live = await this.resources.readFor(id, old.inputs);
    if (!live) return undefined;
    const imported = Object.keys(old.inputs).length === 0;
    return { ...live, inputs: imported ? live.inputs : withDrift(old, live) };
  }

  update(resource: Named, id: string, news: Properties): Promise<Realised> {
    return this.timed("updated", resource, () => this.resources.update(resource.type, id, news));
  }

  delete(resource: Named, id: string): Promise<void> {
    return this.timed("deleted", resource, () => this.resources.delete(id));
  }

  invoke(token: string, args: Properties): Promise<Properties> {
    return this.resources.invoke(token, args);
  }

  private async timed<T>(verb: Change["verb"], resource: Named, work: () => Promise<T>): Promise<T> {
    const started = performance.now();
    const tell = (problem?: string) =>
      this.onChange({ ...resource, verb, milliseconds: performance.now() - started, problem });
    try {
      const result = await work();
      tell();
      return result;
    } catch (error) {
      tell((error as Error).message);
      throw error;
    }
  }
}

/**
 * The outputs of a resource in a preview: the inputs that are certain. Outputs that are left out count as
 * unknown, and so do objects, which Azure completes. @param olds its outputs, if it exists: name and location stay
 */
export function previewOutputs(inputs: Properties, olds: Properties = {}): Properties {
  const plain = Object.entries(inputs).filter(([, value]) => typeof value !== "object");
  const stable = Object.entries(olds).filter(([key]) => key === "name" || key === "location");
  return Object.fromEntries([...plain, ...stable]);
}

/** The old inputs, except where the live outputs have left the old ones: so the next `up` heals what somebody did by hand. */
function withDrift(old: State, live: State): Properties {
  const inputs = { ...old.inputs };
  for (const key of Object.keys(inputs)) {
    if (isDeepStrictEqual(live.outputs[key], old.outputs[key])) continue;
    if (key in live.inputs) inputs[key] = live.inputs[key];
    else delete inputs[key];
  }
  return inputs;
}
