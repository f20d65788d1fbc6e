import type { Memory } from "./memory";
import type { Percentiles } from "./percentiles";

/** Milliseconds of the stack beside those of its floor, both from one run. */
export interface RoundTrips extends Percentiles {
  floor: Percentiles;
  /** Of the two p50. */
  ratio: number;
}

/** What one run found. */
export interface Results {
  machine: { node: string; platform: string; cpus: number; load: number };
  /** From `npm start` to its line of JSON. */
  ready: { seconds: number; starts: number[] };
  idle: RoundTrips;
  loaded: RoundTrips & { conversations: number };
  /** Null where it could not be measured. */
  memory: Memory | null;
}
