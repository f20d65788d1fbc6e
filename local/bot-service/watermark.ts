import { ServiceError } from "./service-error";

/** Reads `?watermark=`. Undefined when it is absent or empty. A watermark beyond the end counts as the end. @throws ServiceError 400 */
export function readWatermark(value: unknown, end: number): number | undefined {
  if (value === undefined || value === "") return undefined;
  if (typeof value !== "string" || !/^\d{1,15}$/.test(value)) {
    throw new ServiceError(400, "BadArgument", "The watermark is not one of this service.");
  }
  return Math.min(Number(value), end);
}
