/** The first Ctrl-C aborts the signal, so that the lab shows what it has. A second one ends the lab. */
export function interruption(): AbortSignal {
  const interrupted = new AbortController();
  process.once("SIGINT", () => interrupted.abort());
  process.once("SIGTERM", () => interrupted.abort());
  return interrupted.signal;
}

/** The exit code after Ctrl-C: 128 and the number of SIGINT. */
export const INTERRUPTED = 130;
