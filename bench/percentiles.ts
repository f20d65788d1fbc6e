/** Percentiles of one kind of sample, in milliseconds. */
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

/** Interpolates between two samples. @throws Error without samples */
function interpolate(sorted: number[], share: number): number {
  const position = share * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(position)], sorted[Math.ceil(position)]];
  if (below === undefined || above === undefined) throw new Error("Percentiles need at least one sample.");
  return below + (above - below) * (position % 1);
}
