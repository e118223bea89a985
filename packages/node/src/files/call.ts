/**
 * One call of the file system. Node cannot take back what the system has begun: when the wait is called off, the call
 * goes on.
 */
import { fileURLToPath } from "node:url";
import { type Op, type Routine, routine, shield, suspend, until } from "fibril";
import { checkValue, type Rule } from "fibril/extend";
import { held } from "../held.js";

/** The callback of Node's calls. */
export type Done<T> = (error: Error | null, value: T) => void;

const PATH: Rule = {
  takes: "a path, as a text without NUL or as the URL of a file",
  holds: (value) => typeof value === "string" && value !== "" && !value.includes("\0"),
};

export const BYTES: Rule = {
  takes: "bytes or a text",
  holds: (value) => typeof value === "string" || value instanceof Uint8Array,
};

/** The text of a path. Throws TypeError for anything else. */
export function pathOf(what: string, path: string | URL): string {
  const text = path instanceof URL ? fileURLToPath(path) : path;
  checkValue(what, text, PATH);
  return text;
}

/** Node names the file in the errors of some calls alone. */
export function named(error: Error, path: string): Error {
  const told = error as NodeJS.ErrnoException;
  if (told.path === undefined && told.code !== undefined) {
    told.path = path;
    told.message += ` '${path}'`;
  }
  return error;
}

/** Waits for a call. */
export function call<T>(what: string, begin: (done: Done<T>) => void): Op<T> {
  return suspend<T>(what, (wake, fail) => {
    begin((error, value) => {
      if (error === null) wake(value);
      else fail(error);
    });
  });
}

/** Waits for a call that gives something to be given back, such as an open file. */
export function acquired<T>(
  what: string,
  begin: (done: Done<T>) => void,
  giveBack: (value: T) => void,
): Routine<T> {
  return held<T>(
    (comes) =>
      call<T>(what, (done) =>
        begin((error, value) => {
          if (error === null) comes(value);
          done(error, value);
        }),
      ),
    giveBack,
  );
}

/**
 * Waits for something that writes. When the wait is called off, the signal aborts, and the fiber still waits until what
 * has begun is over: nothing is written after the fiber has ended.
 */
export function writing<T>(what: string, begin: (signal: AbortSignal) => Promise<T>): Op<T> {
  return toTheEnd(what, begin) as Op<T>;
}

const toTheEnd = routine(
  "writing",
  function* (what: string, begin: (signal: AbortSignal) => Promise<unknown>): Routine<unknown> {
    const controller = new AbortController();
    let promise: Promise<unknown> | undefined;
    let over = false;
    try {
      const result = yield* until(what, () => (promise = begin(controller.signal)));
      over = true;
      return result;
    } finally {
      if (!over && promise !== undefined) {
        controller.abort();
        const settled = promise.then(ignored, ignored);
        yield* shield(() => until(what, settled));
      }
    }
  },
) as unknown as (what: string, begin: (signal: AbortSignal) => Promise<unknown>) => Op<unknown>;

export function ignored(): void {}
