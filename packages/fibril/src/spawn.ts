/** Starting fibers: a plain call, because it never waits. */
import { dismissLate } from "./core/closing.js";
import { unscheduled } from "./core/errors.js";
import type { Fiber } from "./core/fiber.js";
import type { ScopeCore } from "./core/scope.js";
import { DAEMON } from "./core/state.js";
import { hereScope, spawnInto } from "./core/task.js";
import type { NoYields, RoutineFunction } from "./core/types.js";

/** A fiber that a scheduler runs: it is joined and cancelled, not resumed. */
export type Spawned<Result> = Fiber<[], never, never, Result>;

/** The forms of everything that starts a fiber: a name for it may stand before the routine. */
export interface Spawn {
  <Args extends readonly unknown[], Result, Yields = never>(
    routine: RoutineFunction<Args, Result, Yields, any> & NoYields<Yields>,
    ...args: Args
  ): Spawned<Result>;
  <Args extends readonly unknown[], Result, Yields = never>(
    name: string,
    routine: RoutineFunction<Args, Result, Yields, any> & NoYields<Yields>,
    ...args: Args
  ): Spawned<Result>;
}

/**
 * Starts a child of the running fiber, in its innermost scope. It runs at one of the next turns; what
 * `spawn` gives can be waited for (`yield* child`), cancelled and watched.
 *
 * Children that are spawned together start in the order of their spawning, and each with all below it that
 * it spawns in its first turn. A child that fails cancels its scope, and its error comes out of there.
 * Throws FiberError where no scheduler is.
 *
 * ```ts
 * function* double(n: number) {
 *   yield* sleep(1);
 *   return 2 * n;
 * }
 * const a = spawn(double, 1);
 * const b = spawn(double, 2);
 * const sum = (yield* a) + (yield* b); // 6
 * ```
 */
export const spawn: Spawn = function (first: unknown, second?: unknown): any {
  // `arguments` rather than a rest parameter, because a million calls would allocate a million arrays.
  const scope = hereScope();
  if (scope === undefined) throw unscheduled("spawn(…)");
  if (typeof first === "string") return spawnNamed(scope, 0, arguments);
  const argc = arguments.length - 1;
  return spawnInto(scope, undefined, first, argc, argc > 1 ? rest(arguments, 1) : second, 0);
};

/**
 * Starts a child that does not keep its scope open: when only daemons are left in the scope, they are
 * cancelled. Else as `spawn`.
 *
 * ```ts
 * yield* scope(function* () {
 *   daemon(function* heartbeat() {
 *     for (;;) yield* sleep(1_000);
 *   });
 *   yield* sleep(1); // then the block is over, and the heartbeat is cancelled
 * });
 * ```
 */
export const daemon: Spawn = function (): any {
  const scope = hereScope();
  if (scope === undefined) throw unscheduled("daemon(…)");
  return spawnNamed(scope, DAEMON, arguments);
};

/** `spawn` from its arguments: a name or none, the routine, what it takes. */
export function spawnNamed(
  scope: ScopeCore,
  bits: number,
  given: ArrayLike<unknown>,
): Spawned<any> {
  const named = typeof given[0] === "string";
  const name = named ? (given[0] as string) : undefined;
  const routine = given[named ? 1 : 0];
  const args = rest(given, named ? 2 : 1);
  const { length } = args;
  const task = spawnInto(scope, name, routine, length, length > 1 ? args : args[0], bits);
  if ((bits & DAEMON) !== 0) dismissLate(scope, task);
  return task;
}

function rest(values: ArrayLike<unknown>, start: number): unknown[] {
  const args: unknown[] = [];
  for (let i = start; i < values.length; i++) args.push(values[i]);
  return args;
}
