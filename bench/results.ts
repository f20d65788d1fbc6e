import type { AppName } from "../local/cloud/local-cloud";
import type { EngineTimes } from "./engine-times";
import type { Memory } from "./memory";
import type { Percentiles } from "./percentiles";
import type { ReleaseTimes } from "./release-watch";

/** Round trips of the stack and of its floor, from the same run. Milliseconds. */
export interface RoundTrips extends Percentiles {
  floor: Percentiles;
  /** The stack's p50 divided by the floor's p50. */
  ratio: number;
}

/** Milliseconds from an app's start until it answers on `/healthz`. Medians. */
export interface StartUp {
  /** One file, as deployed. */
  bundled: number;
  /** With its packages in node_modules. */
  unbundled: number;
  /** `unbundled` divided by `bundled`. */
  ratio: number;
  /** Starts of each kind. */
  starts: number;
}

/** The results of one run. */
export interface Results {
  machine: { node: string; platform: string; cpus: number; load: number };
  /** Seconds from `npm start` to its line of JSON. */
  ready: { seconds: number; starts: number[] };
  /** Medians of the same starts. */
  release: ReleaseTimes;
  /** Sizes of the zips in bytes. */
  size: Record<AppName, number>;
  /** Null on systems without /proc. */
  startUp: Record<AppName, StartUp | null>;
  /** Null without the Pulumi CLI. */
  engine: EngineTimes | null;
  idle: RoundTrips;
  loaded: RoundTrips & { conversations: number };
  /** Null on systems without /proc. */
  memory: Memory | null;
}
