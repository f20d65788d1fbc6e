/** Aborts on Ctrl-C, so that work can end in good order. However often it comes: npm sends it twice, and a report must not be lost. */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => controller.abort());
  return controller.signal;
}
