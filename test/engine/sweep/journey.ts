import type { Fault, Mishap, Place } from "./fault";

/** A stack's life with one mishap while it comes up and one while it goes down. */
export interface Journey {
  create: Fault;
  /** Absent for what a destroy does not delete by itself. */
  delete?: Fault;
}

const whileCreating: Mishap[] = ["refused", "hung up", "unfinished"];
const whileDeleting: Mishap[] = ["refused", "hung up"];

/** Every mishap of every resource. @param isDeleted whether a destroy deletes this resource by itself */
export function allJourneys(places: Place[], isDeleted: (place: Place) => boolean): Journey[] {
  return places.flatMap((place) =>
    whileCreating.map((mishap, index): Journey => {
      const create: Fault = { ...place, step: "create", mishap };
      const onDelete = whileDeleting[index];
      return onDelete && isDeleted(place)
        ? { create, delete: { ...place, step: "delete", mishap: onDelete } }
        : { create };
    }),
  );
}

export function pointsOf(journeys: Journey[]): number {
  return journeys.reduce((sum, journey) => sum + (journey.delete ? 2 : 1), 0);
}
