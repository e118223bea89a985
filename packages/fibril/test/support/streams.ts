/** What the tests of readers and writers share. */
import type { Readable, Writable } from "node:stream";
import { FiberError, type Reader, type Routine, until, type Waitable } from "fibril";

export const codeOf = (error: unknown): string =>
  error instanceof FiberError ? error.code : (error as Error).message;

export function* caught(work: () => Waitable<unknown, any, any>): Routine<string> {
  try {
    return `no error, but ${String(yield* work())}`;
  } catch (error) {
    return codeOf(error);
  }
}

/** The host has gone round its loop, with all that was due in it. */
export function* around(): Routine<void> {
  for (let i = 0; i < 3; i++) yield* until(new Promise((resolve) => setImmediate(resolve)));
}

export function* all<T>(reader: Reader<T>): Routine<T[]> {
  const chunks: T[] = [];
  yield* reader.each((chunk) => void chunks.push(chunk));
  return chunks;
}

export async function* letters(log: string[] = []): AsyncGenerator<string> {
  try {
    for (const letter of ["a", "b", "c"]) {
      log.push(`makes ${letter}`);
      yield letter;
    }
  } finally {
    log.push("returned");
  }
}

const TYPES = ["readable", "end", "error", "close", "drain", "finish", "data"];

/** The listeners that a stream has. */
export function listenersOf(stream: Readable | Writable): number {
  return TYPES.reduce((sum, type) => sum + stream.listenerCount(type), 0);
}
