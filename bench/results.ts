import type { AppName } from "../local/cloud/local-cloud";
import type { EngineTimes } from "./engine-times";
import type { Memory } from "./memory";
import type { Percentiles } from "./percentiles";
import type { ReleaseTimes } from "./release-watch";

/** Milliseconds of the stack beside those of its floor, both from one run. */
export interface RoundTrips extends Percentiles {
  floor: Percentiles;
  /** Of the two p50. */
  ratio: number;
}

/** Milliseconds from an app's start until it answers on `/healthz`, medians. */
export interface StartUp {
  /** One file, as it is deployed. */
  bundled: number;
  /** With its packages in node_modules. */
  unbundled: number;
  /** Unbundled to bundled. */
  ratio: number;
  /** Of each kind. */
  starts: number;
}

/** What one run found. */
export interface Results {
  machine: { node: string; platform: string; cpus: number; load: number };
  /** From `npm start` to its line of JSON. */
  ready: { seconds: number; starts: number[] };
  /** Of both apps at once; medians of the same starts. */
  release: ReleaseTimes;
  /** Of the zips, in bytes. */
  size: Record<AppName, number>;
  /** Null where it could not be measured. */
  startUp: Record<AppName, StartUp | null>;
  /** Null where there is no Pulumi CLI. */
  engine: EngineTimes | null;
  idle: RoundTrips;
  loaded: RoundTrips & { conversations: number };
  /** Null where it could not be measured. */
  memory: Memory | null;
}
