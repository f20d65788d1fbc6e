import { ServiceError } from "./service-error";

/** Reads `?watermark=`; undefined when it is absent or empty. A watermark from beyond the end counts as the end. */
export function readWatermark(value: unknown, end: number): number | undefined {
  if (value === undefined || value === "") return undefined;
  if (typeof value !== "string" || !/^\d{1,15}$/.test(value)) {
    throw new ServiceError(400, "BadArgument", "The watermark is not one that this service gave out.");
  }
  return Math.min(Number(value), end);
}
