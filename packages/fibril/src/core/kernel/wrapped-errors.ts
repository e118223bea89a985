/**
 * What an error holds of others: its `cause`, the errors of an AggregateError, both sides of a
 * SuppressedError.
 *
 * Only own data properties count. So looking runs no getter of the program's; a proxy's traps it
 * does run, and they may throw: such an error holds nothing.
 */
import { Cancelled } from "./errors.js";
import { withRegistersSaved } from "./registers.js";

/** Wrappers of wrappers that are followed, and errors in one of them. */
const LEVELS = 32;
const WIDTH = 100_000;

const NOTHING: readonly unknown[] = [];

/** The objects that an error holds directly. */
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
 * Visits every object that an error wraps, however deep. `visit` answers whether to look into it:
 * not into what has been seen before, so that circles end.
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
 * An error without the requests to end that it holds as one of several: they are no failures, and a
 * program that collects what went wrong collects them too. What is left alone comes out as it is;
 * where nothing else is left, the request itself does.
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

/** The errors of one that stands for several. */
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
