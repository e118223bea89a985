/**
 * The task: a fiber that a scheduler runs. To programs it is a `Fiber` like any other. Its additional
 * fields are in a class of their own, so that a coroutine does not pay for them.
 */
import { type CancelOptions, Fiber, type Waiting } from "../fiber/fiber.js";
import { joinOp, keepJoiners, promiseOf } from "../fiber/join.js";
import { Cancelling } from "../fiber/teardown.js";
import { recordSite } from "../kernel/error-trail.js";
import { unscheduled } from "../kernel/errors.js";
import type { Context, Host } from "../kernel/host.js";
import type { Op } from "../kernel/op.js";
import {
  type FiberFields,
  type Joiner,
  K,
  type RoomyFields,
  type TaskFields,
} from "../kernel/registers.js";
import { graceOf } from "../kernel/request.js";
import { fitsIntoFiber, notRoutine } from "../kernel/routine.js";
import { DAEMON, MORE_ARGUMENTS, ONE_ARGUMENT, TASK_FRESH } from "../kernel/state.js";
import { inherit } from "../kernel/storage.js";
import { type FiberOutcome, endingOf } from "../kernel/task-end.js";
import { Named } from "../kernel/text.js";
import type { NoYields, RoutineFunction } from "../kernel/types.js";
import { resultOf, waitOf } from "../kernel/wait-slot.js";
import { ScopeCore, hereScope } from "../scope/scope-core.js";
import { dismissLate } from "../scope/scope-end.js";

class Task extends Fiber<[], never, never, any> {
  declare _scope: ScopeCore;
  /** @internal */ _slot: number;
  /** @internal */ _wait: unknown;
  /** @internal */ _joiners: Joiner | null;
  /** @internal */ _next: TaskFields | null;
  /** @internal */ _before: TaskFields | null;

  constructor(routine: () => never, scope: ScopeCore, flags: number, args: unknown) {
    super(routine);
    this._flags = flags;
    this._scope = scope;
    this._slot = -1;
    this._wait = args;
    this._joiners = null;
    this._next = null;
    this._before = null;
  }

  override join(): Op<any> {
    return joinOp(this);
  }

  override promise(): Promise<any> {
    return promiseOf(this);
  }

  override cancel(reason?: unknown, options?: CancelOptions): Cancelling {
    const grace = graceOf(options);
    const ended = !this.alive;
    (this as FiberFields)._scope?.cancelFiber(this, "fiber", reason, grace);
    return new Cancelling(this, ended);
  }

  override get waitingOn(): Waiting | undefined {
    const wait = this.alive ? waitOf(this) : null;
    if (wait === null) return undefined;
    const since = this._scope.scheduler.timeOf(wait.since);
    return { what: wait.what, since: Number.isNaN(since) ? undefined : since };
  }

  override get parent(): Fiber | undefined {
    const parent = this.alive ? this._scope.spawnedIn(this).task : null;
    return (parent ?? undefined) as Fiber | undefined;
  }

  override get children(): Fiber[] {
    return (this.alive ? this._scope.childrenOf(this) : []) as unknown[] as Fiber[];
  }

  override get outcome(): FiberOutcome<any> | undefined {
    return this.alive ? undefined : { ending: endingOf(this), value: resultOf(this) };
  }

  static {
    // To a program, the class of a task is `Fiber`, the one that the library exports.
    Object.defineProperty(this.prototype, "constructor", { value: Fiber, writable: true });
  }
}

/** A task with a host context of its own: its turns run in the context in which `spawn` was called. */
class ContextTask extends Task {
  /** @internal */ readonly context: Context;

  constructor(routine: () => never, scope: ScopeCore, flags: number, args: unknown) {
    super(routine, scope, flags, args);
    this.context = (scope.scheduler.host as Required<Host>).context();
  }
}

/** A task that holds the frame of its routine: see `Roomy` in fiber.ts. */
const RoomyTask: new (
  routine: () => never,
  scope: ScopeCore,
  flags: number,
  args: unknown,
) => Task = /* @__PURE__ */ (() => {
  function Roomy(
    this: TaskFields & RoomyFields,
    routine: () => never,
    scope: ScopeCore,
    flags: number,
    args: unknown,
  ): void {
    this._storage = K.current._storage === null ? null : inherit(K.current);
    this._label = routine;
    this._prev = null;
    this._resuming = null;
    this._scope = scope;
    this._frame = routine;
    this._flags = flags;
    this._slot = -1;
    this._wait = args;
    this._joiners = null;
    this._next = null;
    this._before = null;
    this.pc = 0;
    this.a = undefined;
    this.b = undefined;
    this.c = undefined;
  }
  Roomy.prototype = Task.prototype;
  return Roomy as any;
})();

/** Whether `K.shapes` has a task of each class. */
let shaped = false;

function keepShapes(): void {
  shaped = true;
  for (const Kind of [Task, RoomyTask]) {
    const task = new Kind(keepShapes as never, null as never, 0, undefined);
    task._storage = null;
    K.shapes.push(task);
    keepJoiners(task);
  }
}

/**
 * Makes a child of a scope, ready for its first turn. `args` is one value, or an array when
 * `argc` > 1.
 */
function spawnInto(
  scope: ScopeCore,
  name: string | undefined,
  routine: unknown,
  argc: number,
  args: unknown,
  bits: number,
): Task {
  if (typeof routine !== "function") {
    throw notRoutine("spawn", routine);
  }
  if (!shaped) keepShapes();
  const { scheduler } = scope;
  const flags = TASK_FRESH | scheduler.taskBits | bits;
  const task = scheduler.contextual
    ? new ContextTask(routine as () => never, scope, flags, args)
    : fitsIntoFiber(routine)
      ? new RoomyTask(routine as () => never, scope, flags, args)
      : new Task(routine as () => never, scope, flags, args);
  if (argc > 0) task._flags |= argc === 1 ? ONE_ARGUMENT : MORE_ARGUMENTS;
  if (name !== undefined) task._label = new Named(name, routine);
  scope.adopt(task);
  scheduler.ready.spawned(task);
  if (scheduler.special) scheduler.spawned(task);
  if (K.sites !== 0) recordSite(task);
  scheduler.stir();
  return task;
}

// Starting tasks. These are plain calls, because they never wait.

/** A fiber that a scheduler runs: it is joined and cancelled, not resumed. */
export type Spawned<Result> = Fiber<[], never, never, Result>;

/** The call signatures of functions that start a fiber: a name may stand before the routine. */
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
 * Starts a child of the running fiber, in its innermost scope. The child runs at one of the next turns.
 * `spawn` returns its fiber, which can be joined (`yield* child`), cancelled and monitored.
 *
 * Children that are spawned together start in the order in which they were spawned, each followed by what
 * it spawns in its first turn. A child that fails cancels its scope, and the scope throws its error.
 * A plain call. Throws FiberError outside of a scheduler.
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
 * cancelled. Otherwise the same as `spawn`. A plain call. Throws FiberError outside of a scheduler's fibers.
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

/** Spawns from a list of arguments: an optional name, the routine, the routine's arguments. */
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

/**
 * Spawns in a given scope, also from plain code. Plain code has no storage to inherit, so its child inherits
 * the storage that the scope's owner had when it opened the scope.
 */
export function spawnIn(
  scope: ScopeCore,
  daemon: boolean,
  given: readonly unknown[],
): Spawned<any> {
  const child = spawnNamed(scope, daemon ? DAEMON : 0, given);
  if (K.task === null && child.alive) child._storage = scope.storage;
  return child;
}
