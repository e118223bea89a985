/** Ctrl-C ends the process in hand and shows what was measured so far; a second one ends the lab. */
export function interruption(): AbortSignal {
  const interrupted = new AbortController();
  process.once("SIGINT", () => interrupted.abort());
  process.once("SIGTERM", () => interrupted.abort());
  return interrupted.signal;
}

export const INTERRUPTED = 130;
