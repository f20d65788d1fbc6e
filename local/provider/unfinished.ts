import type { Properties } from "../cloud/resource-type";

/** A resource that was made, or changed, but is not known to be whole: it belongs in the state, and the next `up` goes on with it. */
export class Unfinished extends Error {
  override readonly name = "Unfinished";

  constructor(
    message: string,
    readonly id: string,
    readonly outputs: Properties,
  ) {
    super(message);
  }
}
