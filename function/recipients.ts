import { aloneWith, people, type Schedule, type StoredReference } from "../message";

/** Where to speak to those whom a schedule is for, and how many of them the bot has not heard of. */
export interface Recipients {
  known: StoredReference[];
  unknown: number;
}

/** @param rows all of the table `references` */
export function recipients(to: Schedule["to"], rows: StoredReference[]): Recipients {
  if (to === "all") return { known: people(rows), unknown: 0 };
  const ids = [...new Set(to)];
  const known = ids.flatMap((id) => aloneWith(id, rows).slice(0, 1));
  return { known, unknown: ids.length - known.length };
}
