/** Of one kind of sample, in milliseconds. */
export interface Percentiles {
  p50: number;
  p95: number;
  samples: number;
}

export function percentiles(samples: number[]): Percentiles {
  const sorted = [...samples].sort((a, b) => a - b);
  return { p50: interpolate(sorted, 0.5), p95: interpolate(sorted, 0.95), samples: sorted.length };
}

export function median(samples: number[]): number {
  return percentiles(samples).p50;
}

/** Between two samples, in proportion. @throws Error when there is none */
function interpolate(sorted: number[], share: number): number {
  const place = share * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  if (below === undefined || above === undefined) throw new Error("There are no samples.");
  return below + (above - below) * (place % 1);
}
