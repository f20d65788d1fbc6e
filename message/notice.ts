import { entityKey } from "./entity-key";
import type { QueueMessage } from "./queue-message";
import { personOf, relatesTo, type StoredReference } from "./stored-reference";

/** What is to be said to people who did not ask. */
export interface Notice {
  /** Starts the same id for everybody: a notice that is given again under it is not said again. Printable ASCII. */
  batch: string;
  text?: string;
  /** The dialog to start; "" is the default one. */
  dialog?: string;
  /** ISO time. */
  notBefore?: string;
}

/** The queue message that brings a notice to somebody; its id is `<batch>/<who>`. */
export function addressed({ batch, text = "", ...rest }: Notice, to: StoredReference): QueueMessage & { id: string } {
  return {
    relatesTo: relatesTo(to),
    text,
    ...rest,
    broadcast: true,
    id: `${batch}/${entityKey(personOf(to)).slice(0, 24)}`,
  };
}
