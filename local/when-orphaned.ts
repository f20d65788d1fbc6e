const milliseconds = 200;

/** npm passes a signal to the shell between it and us, and the shell keeps it to itself: then only our parent's end tells. */
export function whenOrphaned(end: () => void): void {
  if (!process.env.npm_lifecycle_event) return; // not started by npm: whoever started us may leave
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    end();
  }, milliseconds);
  timer.unref();
}
