/**
 * What is to be done if the process exits in the middle: by `process.exit`, or by an error that nothing catches. All
 * share one listener, which is there only while there is something to do.
 */
const left = new Set<() => void>();

function exits(): void {
  for (const act of left) {
    try {
      act();
    } catch {
      // The others have their turn, and nobody is left to be told.
    }
  }
}

/** Gives what takes it back. What is done may not wait. */
export function atExit(act: () => void): () => void {
  if (left.size === 0) process.on("exit", exits);
  left.add(act);
  return () => {
    left.delete(act);
    if (left.size === 0) process.removeListener("exit", exits);
  };
}
