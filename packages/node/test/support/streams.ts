/** What the tests of connections have in common. */
import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { FiberError, type Reader, type Routine, sleep, type Waitable } from "fibril";

export function* all<T>(reader: Reader<T>): Routine<T[]> {
  const seen: T[] = [];
  yield* reader.each((chunk) => void seen.push(chunk));
  return seen;
}

/** The code or the message of what was thrown; `nothing` if nothing was. */
export function* caught(op: () => Waitable<unknown, never, any>): Routine<string> {
  try {
    yield* op();
    return "nothing";
  } catch (error) {
    if (error instanceof FiberError) return error.code;
    const { code, message } = error as { code?: string | number; message: string };
    return `${code ?? message}`;
  }
}

/** Waits until something holds. */
export function* holds(what: () => boolean): Routine<void> {
  while (!what()) yield* sleep(1);
}

export const text = (bytes: Uint8Array | undefined): string | undefined =>
  bytes === undefined ? undefined : Buffer.from(bytes).toString();

function active(): string[] {
  const names = process.getActiveResourcesInfo();
  return names.filter((name) => /TCP|Pipe|TLS|Process|FSReq|Connect/.test(name)).toSorted();
}

const BEFORE = active().join();

/** Waits until the process has no more handles open than when the tests began. */
export async function nothingLeft(): Promise<void> {
  for (let turns = 0; turns < 1_000 && active().join() !== BEFORE; turns++) await delay(2);
  assert.equal(active().join(), BEFORE);
}
