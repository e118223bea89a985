/**
 * The task: a fiber that a scheduler runs. To its users it is a `Fiber` like any other; the fields it
 * has besides are its own, because a coroutine should not pay for them.
 */
import { Fiber } from "./fiber.js";
import type { Context, Host } from "./host.js";
import type { Joiner } from "./join.js";
import type { TaskFields } from "./kernel.js";
import * as kernel from "./kernel.js";
import { Named } from "./label.js";
import type { ScopeCore } from "./scope.js";
import { recordSite } from "./site.js";
import * as state from "./state.js";
import { innermost } from "./wait.js";

const { K } = kernel;
const { MORE_ARGUMENTS, ONE_ARGUMENT, TASK_FRESH } = state;

export class Task extends Fiber<[], never, never, any> implements TaskFields {
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

  static {
    // A program that asks a fiber for its class is told what it was told to write.
    Object.defineProperty(this.prototype, "constructor", { value: Fiber, writable: true });
  }
}

/** A task in whose turns the host's ambient context is its own: what it was where `spawn` was called. */
export class ContextTask extends Task {
  /** @internal */ readonly context: Context;

  constructor(routine: () => never, scope: ScopeCore, flags: number, args: unknown) {
    super(routine, scope, flags, args);
    this.context = (scope.scheduler.host as Required<Host>).context();
  }
}

/**
 * Makes a child of a scope, ready for its first turn. `args` is one value, or an array when
 * `argc` > 1.
 */
export function spawnInto(
  scope: ScopeCore,
  name: string | undefined,
  routine: unknown,
  argc: number,
  args: unknown,
  bits: number,
): Task {
  if (typeof routine !== "function") {
    throw new TypeError("tried to spawn something that is no routine: pass a generator function");
  }
  const { scheduler } = scope;
  const flags = TASK_FRESH | scheduler.taskBits | bits;
  const task = scheduler.contextual
    ? new ContextTask(routine as () => never, scope, flags, args)
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

/** The scope in which `spawn` in the running code makes a child; undefined where no scheduler is. */
export function hereScope(): ScopeCore | undefined {
  const { task } = K;
  if (task === null) return undefined;
  const scope = innermost(task, K.current) as ScopeCore;
  // A task that has no scope of its own gets one: its children are not its siblings.
  return scope === task._scope && scope.owner !== task ? scope.ownOf(task) : scope;
}
