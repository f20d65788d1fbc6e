import type { CloudProvider } from "../../../local/provider/cloud-provider";
import { Unfinished } from "../../../local/provider/unfinished";
import type { Fault, Mishap, Place } from "./fault";

/** Lets providers fail once, where they are told to. */
export class Faults {
  private next?: Fault;
  /** Breaks every connection to the providers. */
  hangUp: () => void = () => {};

  plan(fault: Fault): void {
    this.next = fault;
  }

  /** Whether the planned fault did not come to pass, and no longer will. */
  withdraw(): boolean {
    const waited = this.next !== undefined;
    this.next = undefined;
    return waited;
  }

  /** The provider, which from now on fails where it is told to. */
  into(provider: CloudProvider): CloudProvider {
    const create = provider.create.bind(provider);
    const remove = provider.delete.bind(provider);
    provider.create = async (resource, inputs) => {
      const mishap = this.take("create", resource);
      if (mishap === "refused") throw refusal(resource);
      const made = await create(resource, inputs);
      if (mishap === "hung up") this.hangUp();
      if (mishap === "unfinished")
        throw new Unfinished(`the sweep broke the wait for ${made.id}`, made.id, made.outputs);
      return made;
    };
    provider.delete = async (resource, id) => {
      const mishap = this.take("delete", resource);
      if (mishap === "refused") throw refusal(resource);
      await remove(resource, id);
      if (mishap === "hung up") this.hangUp();
    };
    return provider;
  }

  private take(step: Fault["step"], { type, name }: Place): Mishap | undefined {
    const fault = this.next;
    if (fault?.step !== step || fault.type !== type || fault.name !== name) return undefined;
    this.next = undefined;
    return fault.mishap;
  }
}

function refusal({ name }: Place): Error {
  return new Error(`InternalServerError: the sweep refuses ${name} this once`);
}
