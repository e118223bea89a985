/**
 * The fiber: Ruby's contract as a class.
 *
 * Methods on an instance act at once and return. Static methods of the same names give ops, for
 * `yield*` inside a fiber. Both obey the same rules (rules.ts) and use the same links (switch.ts).
 */
import { FAST_PATHS } from "../kernel/fast-paths.js";
import { backtrace, checkRange } from "../kernel/backtrace.js";
import { ANYTHING, type Rules, TEXT, checkOptions } from "../kernel/check.js";
import {
  endsAtOnce,
  holderOf,
  isPostponed,
  killOp,
  killRoot,
  raiseOp,
  resumeOp,
  transferOp,
  yieldOp,
} from "../kernel/coroutine-ops.js";
import { recordSites } from "../kernel/error-trail.js";
import { FiberError, noTask, unhandled } from "../kernel/errors.js";
import { DELIVER, RAISE, RETURN } from "../kernel/frame.js";
import { notRun } from "../kernel/op-misuse.js";
import type { Op } from "../kernel/op.js";
import {
  type FiberFields,
  IDLE,
  K,
  ROOT_FLAGS,
  type Storage,
  type StorageKey,
  type TaskSide,
  boot,
} from "../kernel/registers.js";
import { checkTransfer, deepest } from "../kernel/rules.js";
import {
  CALLED,
  CREATED,
  FRESH,
  GENERATOR,
  KILLED,
  KILL_POSTPONED,
  TERMINATED,
  YIELDED,
} from "../kernel/state.js";
import { fromObject, inherit, read, toObject, write } from "../kernel/storage.js";
import {
  crossingFrom,
  enter,
  howToEnter,
  linkTransfer,
  raiseInto,
  resumeAnyhow,
  resumeGenerator,
  resumeMachine,
} from "../kernel/switch.js";
import type { FiberOutcome } from "../kernel/task-end.js";
import { Named, givenName, labelOf } from "../kernel/text.js";
import type {
  IfSaid,
  IfTask,
  NotSaid,
  OnlyTask,
  ResumeValues,
  RoutineFunction,
  Suspension,
} from "../kernel/types.js";
import { runInside } from "../kernel/unwinding.js";
import { OWN, brand, stranger } from "./brand.js";
import type { Cancelling } from "./teardown.js";
import { type Raisable, toError } from "./to-error.js";

/** Where a fiber is in its life. */
export type FiberStatus = "created" | "running" | "resuming" | "suspended" | "terminated";

/** What is recorded for messages: see {@link Fiber.debug}. */
export type FiberDebug = "ops" | "spawns" | "all" | false;

let debugged: FiberDebug = false;

export interface CancelOptions {
  /** Milliseconds after which the fiber is unwound without waiting any more. */
  readonly grace?: number | undefined;
}

/** What a fiber waits for. */
export interface Waiting {
  /** Such as `sleep(10 ms)`. */
  readonly what: string;
  /** Milliseconds, on the clock of the fiber's host; undefined for `park()`, which remembers nothing. */
  readonly since: number | undefined;
}

export interface FiberOptions {
  /** For messages and dumps. The routine's name by default. */
  readonly name?: string | undefined;
  /**
   * `true`: inherit the creator's pairs (the default). `null`: start empty. An object: its pairs,
   * copied.
   */
  readonly storage?: true | null | Readonly<Record<StorageKey, unknown>> | undefined;
}

const FIBER_OPTIONS: Rules<FiberOptions> = { name: TEXT, storage: ANYTHING };
// Ruby's own: known, not listed, and without effect, because no fiber here is a blocking one.
Object.defineProperty(FIBER_OPTIONS, "blocking", { value: ANYTHING });

/**
 * A routine that can pause in the middle and go on later.
 *
 * Nothing runs before the first `resume` or `transfer`. A suspended fiber owns about 110 bytes
 * beside its generator; there is no limit on their number but memory. An ended fiber keeps its routine,
 * for its name, and nothing else.
 *
 * ```ts
 * const counter = new Fiber(function* (start: number) {
 *   for (let n = start; ; n += yield* Fiber.yield<number>(n));
 * });
 * counter.resume(1); // 1
 * counter.resume(5); // 6
 * ```
 *
 * @typeParam Args - the routine's parameters: what the first `resume` passes
 * @typeParam Yields - what `Fiber.yield` passes out, so what `resume` returns meanwhile
 * @typeParam Receives - what later calls of `resume` pass in
 * @typeParam Result - what the routine returns, so what the last `resume` returns
 */
export class Fiber<
  Args extends readonly unknown[] = any,
  Yields = any,
  Receives = any,
  Result = any,
> {
  /** @internal */ _storage: Storage | null;
  /** @internal */ _label: FiberFields["_label"];
  /** @internal */ _prev: FiberFields | null;
  /** @internal */ _resuming: FiberFields | null;
  /** @internal */ _scope: FiberFields["_scope"];
  /** @internal */ _frame: FiberFields["_frame"];
  /** @internal */ _flags: number;
  /** @internal On the prototype. */ declare readonly [OWN]: true;

  /** Throws TypeError when `routine` is no function or `storage` no plain object. Runs nothing. */
  constructor(routine: RoutineFunction<Args, Result, Yields, Receives>, options?: FiberOptions) {
    if (typeof routine !== "function") {
      throw new TypeError("tried to create a Fiber without a routine: pass a generator function");
    }
    this._storage = null;
    this._label = routine;
    this._prev = null;
    this._resuming = null;
    this._scope = null;
    this._frame = routine;
    this._flags = CREATED;
    if (options === undefined) {
      if (K.current._storage !== null) this._storage = inherit(K.current);
    } else {
      checkOptions("a Fiber", options, FIBER_OPTIONS);
      const { name, storage = true } = options;
      if (name !== undefined) this._label = new Named(name, routine);
      this._storage = storage === true ? inherit(K.current) : fromObject(this, storage);
    }
  }

  /**
   * Runs the fiber until it yields or ends, and returns what it yielded or its result.
   *
   * Throws FiberError by Ruby's rules when the fiber may not be resumed, and whatever the fiber
   * throws. Inside a fiber prefer `yield* Fiber.resume(fiber)`, which costs no native stack.
   */
  // @ts-expect-error a rest parameter would allocate an array in every call, and TypeScript cannot
  // match a generic rest with an implementation that reads `arguments` instead
  resume(...values: ResumeValues<Args, Receives>): Yields | Result;
  resume(value?: any): any {
    const flags = this._flags;
    const from = K.current;
    if (
      !FAST_PATHS ||
      (flags & ~(CALLED | GENERATOR)) !== YIELDED ||
      from !== K.base ||
      K.phase !== IDLE ||
      arguments.length > 1
    ) {
      return resumeAnyhow(this, arguments.length, arguments.length > 1 ? pack(arguments) : value);
    }
    return (flags & GENERATOR) === 0
      ? resumeMachine(this, from, flags, value)
      : resumeGenerator(this, from, flags, value);
  }

  /**
   * Switches to the fiber without becoming its resumer, until some fiber transfers back here or
   * ends with nobody to return to. Returns what was passed; a transfer to oneself returns at once.
   *
   * Throws FiberError by Ruby's rules.
   */
  transfer<T = unknown>(...values: ResumeValues<Args, Receives> | unknown[]): T;
  transfer(value?: any): any {
    if (K.phase !== IDLE) throw notRun();
    const from = K.current;
    K.argc = arguments.length;
    if (arguments.length > 1) value = pack(arguments);
    if (this === from) return value;
    const broken = checkTransfer(this) ?? crossingFrom(from, this);
    if (broken !== null) throw broken;
    const how = howToEnter(this, DELIVER);
    linkTransfer(from, this);
    return enter(from, how, value);
  }

  /**
   * Throws an error inside the fiber, where it waits; returns what the fiber yields next or its
   * result. A fiber that is resuming others passes it on to the deepest of them.
   *
   * Throws FiberError when the fiber has not started or has ended, TypeError when it is given no
   * error, and whatever the fiber does not catch. A fiber that its scheduler runs gets the error in
   * place of what it waits for, at its next turn; the call then returns `undefined` at once.
   */
  raise(error?: Raisable, message?: string, options?: ErrorOptions): unknown {
    const end = deepest(this);
    const task = holderOf(end);
    const raised = toError(error, message, options);
    if (task === null) return raiseInto(end, RAISE, raised);
    if (K.phase !== IDLE) throw notRun();
    (K.tasks as TaskSide).raiseInTask(task, end, raised);
    return undefined;
  }

  /**
   * Ends the fiber: its `finally` blocks run, no `catch` does. Returns the fiber, or `false` when it
   * was killed before.
   *
   * Throws FiberError for the running fiber (write `yield* Fiber.kill(fiber)`), and whatever its
   * `finally` blocks throw. A fiber that its scheduler runs unwinds at its next turn.
   */
  kill(): this | false {
    if (K.phase !== IDLE) throw notRun();
    if ((this._flags & (KILLED | KILL_POSTPONED)) !== 0) return false;
    if (this === K.root) throw killRoot();
    if (this === K.current) {
      throw new FiberError(
        "kill-current",
        "a running fiber cannot unwind its own native frames: use yield* Fiber.kill(fiber)",
      );
    }
    if (isPostponed(this)) return this;
    const target = deepest(this);
    const task = holderOf(target);
    if (task !== null) {
      (K.tasks as TaskSide).killInTask(task, this, target);
      return this;
    }
    this._flags |= KILLED;
    if (endsAtOnce(this)) return this;
    if (target === this) raiseInto(target, RETURN, undefined);
    else raiseInto(target, RAISE, unhandled());
    return this;
  }

  /**
   * Waits for the fiber's result, or throws its error; `yield* fiber` is the same.
   *
   * For fibers that a scheduler runs; throws FiberError for others, and when the fiber was cancelled
   * or killed, because then there is no result.
   */
  join(this: OnlyTask<Receives>): Op<Result>;
  join(): Op<Result> {
    throw noTask("join", labelOf(this));
  }

  /** On the prototype: `join`, for tasks. */
  declare readonly [Symbol.iterator]: IfTask<Receives, () => Iterator<Suspension, Result, any>>;

  /**
   * A promise of the fiber's result, for code outside of fibers; always the same one. Throws as `join`
   * does; what an AbortSignal given to `run` has ended rejects with the signal's reason.
   */
  promise(): Promise<Result> {
    throw noTask("promise", labelOf(this));
  }

  /**
   * Asks the fiber to end: its waits throw Cancelled, now and from now on, except under `shield`. Not
   * started yet, it is told at its first wait. A plain call; `yield* fiber.cancel(…)` also waits until the fiber
   * has cleaned up, and throws only what its clean-up threw; outside of fibers `await` does. After `grace` milliseconds, if given, it
   * is unwound without waiting any more.
   *
   * For fibers that a scheduler runs; throws FiberError for others.
   */
  cancel(reason?: unknown, options?: CancelOptions): Cancelling;
  cancel(): Cancelling {
    throw noTask("cancel", labelOf(this));
  }

  /** What the fiber waits for, and since when, in milliseconds of its host's clock. */
  get waitingOn(): Waiting | undefined {
    return undefined;
  }

  /** The fiber that holds the scope in which this one was spawned; none for what `run` started. */
  get parent(): Fiber | undefined {
    return undefined;
  }

  /** The fibers spawned in its scopes that have not ended, the oldest of each scope first. */
  get children(): Fiber[] {
    return [];
  }

  /** Whether the fiber has not ended. Starts nothing. */
  get alive(): boolean {
    return (this._flags & TERMINATED) === 0;
  }

  /**
   * How the fiber ended, and with what, without waiting; undefined as long as it lives, and for coroutines,
   * which keep nothing when they have ended. Looking is not being told: a failure that nobody else
   * receives is reported to the host all the same.
   */
  get outcome(): FiberOutcome<Result> | undefined {
    return undefined;
  }

  get status(): FiberStatus {
    if (this === K.current) return "running";
    if ((this._flags & TERMINATED) !== 0) return "terminated";
    if ((this._flags & (CREATED | FRESH)) !== 0) return "created";
    return this._resuming === null ? "suspended" : "resuming";
  }

  /** The name it was given, or its routine's. */
  get name(): string {
    return givenName(this);
  }

  /** A copy of the pairs of the current fiber. Throws TypeError for any other. */
  get storage(): Record<StorageKey, unknown> {
    return toObject(own(this)._storage);
  }

  /** Replaces the pairs of the current fiber; `null` clears them. */
  set storage(pairs: Readonly<Record<StorageKey, unknown>> | null) {
    own(this)._storage = fromObject(this, pairs);
  }

  /**
   * The names of the frames of a suspended fiber, innermost first: `[]` before its start,
   * `undefined` after its end, and where `start` is beyond the last one. Throws RangeError for what is
   * no whole number from 0. With `fibril/inspect`, each with its place in the source.
   */
  backtrace(start: number = 0, count: number = Number.POSITIVE_INFINITY): string[] | undefined {
    checkRange(start, count);
    return backtrace(this, start, count);
  }

  /** `#<Fiber: name (suspended)>`, with Ruby's words for the state. */
  toString(): string {
    const { status } = this;
    const word =
      status === "running" ? "resumed" : status === "resuming" ? "suspended by resuming" : status;
    return `#<${this.constructor.name}: ${this.name} (${word})>`;
  }

  /**
   * Enumerates what the fiber yields, resuming it once an item; its result is not an item. Leaving
   * the loop early leaves the fiber suspended, as Ruby's external enumerators do.
   *
   * ```ts
   * const squares = new Fiber(function* () {
   *   for (let n = 1; n <= 3; n++) yield* Fiber.yield(n * n);
   * });
   * [...squares.values()]; // [1, 4, 9]
   * ```
   */
  *values(...args: ResumeValues<Args, Receives>): Generator<Yields, void, undefined> {
    let first = true;
    while (this.alive) {
      const value = first ? this.resume(...args) : (this as Fiber).resume();
      first = false;
      if (this.alive) yield value as Yields;
    }
  }

  /** The fiber that has control; in plain code, {@link Fiber.root}. */
  static get current(): Fiber {
    return K.current as Fiber;
  }

  /** Stands for plain code, as the thread's first fiber does in Ruby. Always alive. */
  static get root(): Fiber {
    return K.root as Fiber;
  }

  /** The current fiber's value for a key. */
  static get(key: StorageKey): unknown {
    return read(K.current, key);
  }

  /** Sets the current fiber's value for a key; `undefined` deletes it. */
  static set(key: StorageKey, value: unknown): void {
    write(K.current, key, value);
  }

  /**
   * What is recorded for messages; nothing by default, because each record reads the stack.
   *
   * `"ops"`: where every op is created, so that a forgotten `yield*` is reported with its line, as the
   * error's `cause`; about a microsecond an op. `"spawns"`: where fibers are spawned, so that the
   * stacks of their errors tell it; some tens of microseconds a fiber. `"all"`: both.
   */
  static get debug(): FiberDebug {
    return debugged;
  }

  static set debug(what: FiberDebug) {
    const spawns = what === "spawns" || what === "all";
    if (spawns !== (debugged === "spawns" || debugged === "all")) recordSites(spawns);
    K.debug = what === "ops" || what === "all";
    debugged = what;
  }

  /**
   * Suspends the current fiber; its resumer gets the value. Results in what the next `resume`
   * passes, which the type argument says. Throws FiberError when nobody resumed the fiber.
   *
   * With a type argument, the type of a number, a text or a boolean is kept; of any other value it is
   * not known then (`any`) unless a second argument names it.
   *
   * ```ts
   * const asking = new Fiber(function* () {
   *   const answer = yield* Fiber.yield<string>("question");
   *   return answer.length;
   * });
   * asking.resume(); // "question"
   * asking.resume("answer"); // 6
   * ```
   */
  static yield<Receives = NotSaid>(value: IfSaid<Receives, number>): Op<Receives, number, Receives>;
  static yield<Receives = NotSaid>(value: IfSaid<Receives, string>): Op<Receives, string, Receives>;
  static yield<Receives = NotSaid>(
    value: IfSaid<Receives, boolean>,
  ): Op<Receives, boolean, Receives>;
  static yield<Receives = unknown, Yields = any>(value: Yields): Op<Receives, Yields, Receives>;
  static yield<Receives = unknown>(): Op<Receives, undefined, Receives>;
  static yield<Receives = unknown>(...values: unknown[]): Op<Receives, any, Receives>;
  static yield(value?: unknown): Op<unknown> {
    return yieldOp(arguments.length > 1 ? pack(arguments) : value);
  }

  /** Resumes a fiber from inside another; results in what it yields, or its result. */
  static resume<Args extends readonly unknown[], Yields, Receives, Result>(
    fiber: Fiber<Args, Yields, Receives, Result>,
    ...values: ResumeValues<Args, Receives>
  ): Op<Yields | Result>;
  static resume(fiber: Fiber, value?: unknown): Op<unknown> {
    if (!fiber?.[OWN]) throw stranger(fiber);
    if (arguments.length > 2) return many(resumeOp, fiber, arguments);
    return resumeOp(fiber, arguments.length - 1, value);
  }

  /** Switches to a fiber; results in what is passed when some fiber transfers back. */
  static transfer<T = unknown>(fiber: Fiber, ...values: unknown[]): Op<T>;
  static transfer(fiber: Fiber, value?: unknown): Op<unknown> {
    if (!fiber?.[OWN]) throw stranger(fiber);
    if (arguments.length > 2) return many(transferOp, fiber, arguments);
    return transferOp(fiber, arguments.length - 1, value);
  }

  /** Throws an error inside a fiber; results in what it yields next, or its result. */
  static raise(
    fiber: Fiber,
    error?: Raisable,
    message?: string,
    options?: ErrorOptions,
  ): Op<unknown> {
    if (!fiber?.[OWN]) throw stranger(fiber);
    return raiseOp(fiber, toError(error, message, options));
  }

  /** Ends a fiber, itself included; results in the fiber, or `false` when it was killed before. */
  static kill<F extends Fiber>(fiber: F): Op<F | false> {
    if (!fiber?.[OWN]) throw stranger(fiber);
    return killOp(fiber) as Op<F | false>;
  }
}

/**
 * An op with several values. Apart, because where its call is one of two sources of a value V8 14 makes
 * the object `arguments` at every op: 56 bytes a switch.
 */
function many(
  op: (fiber: Fiber, argc: number, value: unknown) => Op<any>,
  fiber: Fiber,
  given: ArrayLike<unknown>,
): Op<any> {
  return op(fiber, given.length - 1, pack(given, 1));
}

brand(Fiber.prototype);
Object.defineProperty(Fiber.prototype, Symbol.iterator, {
  value(this: Fiber): Iterator<Suspension, unknown, any> {
    return this.join()[Symbol.iterator]();
  },
});

/** Node, Deno and Bun print an object by this method: a fiber is its name and state, not its links. */
const INSPECT: unique symbol = Symbol.for("nodejs.util.inspect.custom");
Object.defineProperty(Fiber.prototype, INSPECT, {
  value(this: Fiber): string {
    return this.toString();
  },
});

declare module "../kernel/errors.js" {
  // Here, because this file imports that one.
  interface Cancelled {
    /** Which fiber was cancelled. */
    readonly fiber: Fiber;
  }
}

const root = new Fiber(function* root() {}, { storage: null });
root._flags = ROOT_FLAGS;
root._frame = null;
boot(root, runInside);

/** Line 45. */
function own<F extends Fiber>(fiber: F): F {
  if (fiber === (K.current as Fiber)) return fiber;
  throw new TypeError("Fiber storage can only be accessed from the Fiber it belongs to");
}

/** Several values become an array (line 4). A loop, because handing `arguments` on would allocate it in every call. */
function pack(values: ArrayLike<unknown>, start = 0): unknown[] {
  const packed: unknown[] = [];
  for (let i = start; i < values.length; i++) packed.push(values[i]);
  return packed;
}
