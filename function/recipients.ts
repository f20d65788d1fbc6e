import { aloneWith, audience, optedOut, type Schedule, type StoredReference } from "../message";

/** Where to speak to those whom a schedule is for. */
export interface Recipients {
  known: StoredReference[];
  /** How many the bot has not heard of. */
  unknown: number;
  /** How many are left out because they have opted out. */
  optedOut: number;
}

/** @param rows all of the table `references` */
export function recipients(to: Schedule["to"], rows: StoredReference[]): Recipients {
  if (to === "all") {
    const { reached, optedOut } = audience(rows);
    return { known: reached, unknown: 0, optedOut };
  }
  const ids = [...new Set(to)];
  const found = ids.flatMap((id) => aloneWith(id, rows).slice(0, 1));
  const isOut = optedOut(rows);
  const known = found.filter((row) => !isOut(row));
  return { known, unknown: ids.length - found.length, optedOut: found.length - known.length };
}
