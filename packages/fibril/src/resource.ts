/** Things that have to be given back. */
import { type Frame, KILL } from "./core/frame.js";
import * as frames from "./core/frame.js";
import { type Op, perform } from "./core/op.js";
import { callOp } from "./core/ops.js";
import { call } from "./core/routine.js";
import type { How } from "./core/state.js";
import { RAISE, RETURN, START } from "./core/state.js";
import type { RoutineFunction } from "./core/types.js";
import { checkpoint } from "./core/wait.js";
import { defer } from "./defer.js";

/**
 * Acquires something, and has it released when the innermost scope of the running fiber ends: there
 * is no moment at which it is acquired and not yet to be released.
 *
 * `acquire` may be cancelled, `release` may wait and may not be. Throws what `acquire` throws, and
 * Cancelled; what `release` throws comes out of the scope.
 *
 * ```ts
 * const lock = yield* resource(
 *   function* () {
 *     return { held: true };
 *   },
 *   function* (it) {
 *     it.held = false;
 *   },
 * );
 * lock.held; // true
 * ```
 */
export function resource<T>(
  acquire: RoutineFunction<[], T, any, any>,
  release: RoutineFunction<[T], unknown, any, any>,
): Op<T> {
  if (typeof acquire !== "function" || typeof release !== "function") {
    throw new TypeError("resource takes two generator functions: to acquire and to release");
  }
  checkpoint();
  return callOp(new frames.Frame(run, acquire, release), 0, { name: "resource" }) as Op<T>;
}

function run(frame: Frame, how: How, value: unknown): unknown {
  if (how === START) return perform(call(frame.a as RoutineFunction<[], unknown, any, any>));
  if (how === RAISE) throw value;
  if (how === RETURN) return KILL;
  defer(frame.b as RoutineFunction<[unknown], unknown, any, any>, value);
  return value;
}
