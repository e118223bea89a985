/** Values that reach code without being passed as arguments: kept in fiber storage, so children inherit them. */
import {
  call,
  callOp,
  checkValue,
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
  TEXT,
  write,
} from "./core/index.js";

/** A value for a part of the program, and for every fiber that is created in that part. */
export interface Context<T> {
  /** The value here, or the default where none was set. A plain call. */
  get(): T;
  /**
   * Runs a routine in which `get` returns this value, also in the fibers that the routine creates.
   * `undefined` sets the default again. Suspends when the routine does, and throws what it throws.
   */
  with<Args extends readonly unknown[], Result>(
    value: T,
    routine: RoutineFunction<Args, Result, any, any>,
    ...args: Args
  ): Op<Result>;
}

/**
 * Makes a context with a default value. A plain call, which throws nothing.
 *
 * ```ts
 * const user = createContext("nobody");
 * yield* user.with("ada", function* () {
 *   user.get(); // "ada"
 * });
 * ```
 */
export function createContext<T>(standard: T, name = "context"): Context<T> {
  checkValue("the name of a context", name, TEXT);
  const key = Symbol(name);
  return {
    get() {
      const value = read(currentFiber(), key);
      return value === undefined ? standard : (value as T);
    },
    with(value, routine, ...args) {
      const frame = new Frame(contextCode, key, value, () => perform(call(routine, ...args)));
      return callOp(frame, 0, { name }) as Op<any>;
    },
  };
}

/** `a` is the key, `b` the value to set and later the one to restore, `c` the work. */
function contextCode(frame: Frame, how: How, value: unknown): unknown {
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
