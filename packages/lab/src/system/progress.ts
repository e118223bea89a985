/** The lab's progress on stderr: one line that is rewritten on a terminal, otherwise a line per step. */
export interface Progress {
  step(text: string): void;
  /** Clears the line on a terminal. */
  done(): void;
}

export function progressOn(stream: NodeJS.WriteStream): Progress {
  if (!stream.isTTY) return { step: (text) => void stream.write(`${text}\n`), done: () => {} };
  return {
    step(text) {
      stream.write(`\r\u001b[K${text.slice(0, Math.max(20, (stream.columns ?? 80) - 1))}`);
    },
    done() {
      stream.write("\r\u001b[K");
    },
  };
}
