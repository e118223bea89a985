/** Values that code finds without being handed them: kept in fiber storage, so inherited by children. */
import { type Frame, KILL } from "./core/frame.js";
import * as frames from "./core/frame.js";
import { K } from "./core/kernel.js";
import { drop, type Op, perform } from "./core/op.js";
import { callOp } from "./core/ops.js";
import { call } from "./core/routine.js";
import type { How } from "./core/state.js";
import { RAISE, RETURN, START } from "./core/state.js";
import { read, write } from "./core/storage.js";
import type { RoutineFunction } from "./core/types.js";

/** A value for a part of the program, and for every fiber that is created there. */
export interface Context<T> {
  /** The value here; the default where none was set. A plain call. */
  get(): T;
  /**
   * Runs a routine in which `get` gives this value, also in the fibers that it creates. Undefined
   * sets the default again. Suspends as the routine does.
   */
  with<Args extends readonly unknown[], Result>(
    value: T,
    routine: RoutineFunction<Args, Result, any, any>,
    ...args: Args
  ): Op<Result>;
}

/**
 * Makes a context.
 *
 * ```ts
 * const user = createContext("nobody");
 * yield* user.with("ada", function* () {
 *   user.get(); // "ada"
 * });
 * ```
 */
export function createContext<T>(standard: T, name = "context"): Context<T> {
  const key = Symbol(name);
  return {
    get() {
      const value = read(K.current, key);
      return value === undefined ? standard : (value as T);
    },
    with(value, routine, ...args) {
      const frame = new frames.Frame(run, key, value, () => perform(call(routine, ...args)));
      return callOp(frame, 0, { name }) as Op<any>;
    },
  };
}

/** `a` is the key, `b` the value to be set and later the one to be restored, `c` the work. */
function run(frame: Frame, how: How, value: unknown): unknown {
  const key = frame.a as symbol;
  if (how === START) {
    const before = read(K.current, key);
    write(K.current, key, frame.b);
    frame.b = before;
    try {
      return (frame.c as () => unknown)();
    } catch (error) {
      how = RAISE; // it could not even start
      value = drop(error);
    }
  }
  write(K.current, key, frame.b);
  if (how === RAISE) throw value;
  return how === RETURN ? KILL : value;
}
