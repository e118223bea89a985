/** Values that code finds without being handed them: kept in fiber storage, so inherited by children. */
import {
  call,
  callOp,
  currentFiber,
  dropOp,
  Frame,
  type How,
  KILL,
  type Op,
  perform,
  RAISE,
  read,
  RETURN,
  type RoutineFunction,
  START,
  write,
} from "./core/index.js";

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
      const value = read(currentFiber(), key);
      return value === undefined ? standard : (value as T);
    },
    with(value, routine, ...args) {
      const frame = new Frame(run, key, value, () => perform(call(routine, ...args)));
      return callOp(frame, 0, { name }) as Op<any>;
    },
  };
}

/** `a` is the key, `b` the value to be set and later the one to be restored, `c` the work. */
function run(frame: Frame, how: How, value: unknown): unknown {
  const key = frame.a as symbol;
  if (how === START) {
    const before = read(currentFiber(), key);
    write(currentFiber(), key, frame.b);
    frame.b = before;
    try {
      return (frame.c as () => unknown)();
    } catch (error) {
      how = RAISE; // it could not even start
      value = dropOp(error);
    }
  }
  write(currentFiber(), key, frame.b);
  if (how === RAISE) throw value;
  return how === RETURN ? KILL : value;
}
