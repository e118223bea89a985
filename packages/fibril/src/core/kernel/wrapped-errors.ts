/**
 * The errors that an error wraps: its `cause`, the errors of an AggregateError, both errors of a
 * SuppressedError.
 *
 * Only own data properties count, so looking runs no getter of the program's. It does run the traps of a
 * proxy. If these throw, the error counts as wrapping nothing.
 */
import { Cancelled } from "./errors.js";
import { withRegistersSaved } from "./registers.js";

/** How many levels of wrapping are followed, and how many errors on one level. */
const LEVELS = 32;
const WIDTH = 100_000;

const NOTHING: readonly unknown[] = [];

/** The values that an error wraps directly. */
function contentsOf(error: unknown): readonly unknown[] {
  if (typeof error !== "object" || error === null) return NOTHING;
  try {
    return withRegistersSaved(() => held(error));
  } catch {
    return NOTHING;
  }
}

function held(error: object): readonly unknown[] {
  const cause = dataOf(error, "cause");
  const members = membersOf(error);
  if (members === undefined) return cause === undefined ? NOTHING : [cause];
  const contents = members.slice(0, WIDTH);
  if (cause !== undefined) contents.push(cause);
  return contents;
}

/**
 * Visits the objects that an error wraps, level by level. `visit` returns whether to look into an object. It
 * must return false for one that it has seen before, so that circles end.
 */
export function eachWrapped(error: unknown, visit: (wrapped: object) => boolean): void {
  let level: readonly unknown[] = contentsOf(error);
  for (let depth = 0; level.length > 0 && depth < LEVELS; depth++) {
    const below: unknown[] = [];
    for (const each of level) {
      if (typeof each !== "object" || each === null || !visit(each)) continue;
      for (const inner of contentsOf(each)) if (below.length < WIDTH) below.push(inner);
    }
    level = below;
  }
}

/**
 * An error that stands for several, without those that are a Cancelled of the fiber's own request: they are
 * not failures, but a program that collects errors collects them too. If one error is left, the result is
 * that error itself. If none is left, it is the Cancelled.
 */
export function withoutCancelled(
  error: unknown,
  isOwn: (cancelled: Cancelled) => boolean,
): unknown {
  if (typeof error !== "object" || error === null) return error;
  try {
    return withRegistersSaved(() => stripped(error, isOwn));
  } catch {
    return error;
  }
}

function stripped(error: object, isOwn: (cancelled: Cancelled) => boolean): unknown {
  const members = membersOf(error);
  if (members === undefined) return error;
  let own: unknown;
  const left: unknown[] = [];
  for (const each of members) {
    if (Cancelled.is(each) && isOwn(each)) own = each;
    else left.push(each);
  }
  if (own === undefined) return error;
  if (left.length < 2) return left.length === 0 ? own : left[0];
  const message = dataOf(error, "message");
  const made = new AggregateError(left, typeof message === "string" ? message : "");
  const cause = dataOf(error, "cause");
  if (cause !== undefined) made.cause = cause;
  const { stack } = error as Error;
  if (typeof stack === "string") made.stack = stack;
  return made;
}

/** The errors of an error that stands for several; undefined for any other value. */
function membersOf(error: object): readonly unknown[] | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error instanceof AggregateError) {
    const errors = dataOf(error, "errors");
    return Array.isArray(errors) ? errors : undefined;
  }
  if (!Object.hasOwn(error, "suppressed")) return undefined;
  return [dataOf(error, "suppressed"), dataOf(error, "error")];
}

function dataOf(error: object, key: string): unknown {
  return Object.getOwnPropertyDescriptor(error, key)?.value;
}
