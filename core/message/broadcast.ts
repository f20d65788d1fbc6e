import { entityKey } from "../tables/entity";
import { personKey, referenceIn, type StoredReference } from "../tables/stored-reference";
import type { QueueMessage } from "./queue-message";

/** What is to be said to people who did not ask. */
export interface Broadcast {
  /** Starts the same id for everybody: a notice that is given again under it is not said again. Printable ASCII. */
  batch: string;
  text?: string;
  /** The dialog to start; "" is the default one. */
  dialog?: string;
  /** ISO time. */
  notBefore?: string;
}

/** The queue message that brings a notice to somebody; its id is `<batch>/<who>`. */
export function broadcastMessage(
  { batch, text = "", ...rest }: Broadcast,
  to: StoredReference,
): QueueMessage & { id: string } {
  return {
    relatesTo: referenceIn(to),
    text,
    ...rest,
    broadcast: true,
    id: `${batch}/${entityKey(personKey(to)).slice(0, 24)}`,
  };
}
