/**
 * The fiber: Ruby's contract (docs/ruby.md) as a class.
 *
 * Methods on an instance act at once and return. Static methods of the same names return ops, for
 * `yield*` inside a fiber. Both follow the same rules (rules.ts) and maintain the same links between
 * fibers (switch.ts).
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
import { Call, DELIVER, Frame, RAISE, RETURN } from "../kernel/frame.js";
import { notRun } from "../kernel/op-misuse.js";
import type { Op } from "../kernel/op.js";
import {
  type AnyRoutine,
  type FiberFields,
  IDLE,
  K,
  ROOT_FLAGS,
  type RoomyFields,
  type Storage,
  type StorageKey,
  type TaskSide,
  boot,
} from "../kernel/registers.js";
import { fitsIntoFiber, iteratorCode } from "../kernel/routine.js";
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

/** What is recorded for error messages: see {@link Fiber.debug}. */
export type FiberDebug = "ops" | "spawns" | "all" | false;

let debugged: FiberDebug = false;

/** How a request to end is carried out. */
export interface CancelOptions {
  /** Milliseconds after which the fiber is unwound; from then on it waits for nothing. */
  readonly grace?: number | undefined;
}

/** What a fiber waits for. */
export interface Waiting {
  /** A description such as `sleep(10 ms)`. */
  readonly what: string;
  /** Milliseconds on the clock of the fiber's host; undefined for `park()`, which records nothing. */
  readonly since: number | undefined;
}

/** Options of `new Fiber`. */
export interface FiberOptions {
  /** The name in messages and dumps. The routine's name by default. */
  readonly name?: string | undefined;
  /**
   * The fiber's storage. `true`: inherit the creator's key–value pairs (the default). `null`: start
   * empty. An object: a copy of its pairs.
   */
  readonly storage?: true | null | Readonly<Record<StorageKey, unknown>> | undefined;
}

const FIBER_OPTIONS: Rules<FiberOptions> = { name: TEXT, storage: ANYTHING };
// Ruby's option `blocking` is accepted, but not listed. It has no effect, because no fiber here blocks.
Object.defineProperty(FIBER_OPTIONS, "blocking", { value: ANYTHING });

/**
 * A routine that can pause in the middle and go on later.
 *
 * Nothing runs before the first `resume` or `transfer`. A suspended fiber takes about 110 bytes
 * besides its generator. Only memory limits the number of fibers. An ended fiber keeps its routine,
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
 * @typeParam Args - the routine's parameters, which the first `resume` passes
 * @typeParam Yields - what `Fiber.yield` passes out, so what every `resume` but the last returns
 * @typeParam Receives - what later calls of `resume` pass in
 * @typeParam Result - what the routine returns, so what the last `resume` returns
 */
export class Fiber<
  Args extends readonly unknown[] = any,
  Yields = any,
  Receives = any,
  Result = any,
> {
  /** @internal */ declare _storage: Storage | null;
  /** @internal */ declare _label: FiberFields["_label"];
  /** @internal */ declare _prev: FiberFields | null;
  /** @internal */ declare _resuming: FiberFields | null;
  /** @internal */ declare _scope: FiberFields["_scope"];
  /** @internal */ declare _frame: FiberFields["_frame"];
  /** @internal */ declare _flags: number;
  /** @internal On the prototype. */ declare readonly [OWN]: true;

  /** Throws TypeError when `routine` is not a function or `storage` not a plain object. Runs nothing. */
  constructor(routine: RoutineFunction<Args, Result, Yields, Receives>, options?: FiberOptions) {
    if (typeof routine !== "function") {
      throw new TypeError("tried to create a Fiber without a routine: pass a generator function");
    }
    if (new.target === Fiber && fitsIntoFiber(routine)) {
      // oxlint-disable-next-line no-constructor-return -- the same to programs, with room for the frame
      return roomy(routine, options);
    }
    this._storage = null;
    this._label = routine;
    this._prev = null;
    this._resuming = null;
    this._scope = null;
    this._frame = routine;
    this._flags = CREATED;
    if (options !== undefined) configure(this, options);
    else if (K.current._storage !== null) this._storage = inherit(K.current);
  }

  /**
   * Runs the fiber until it yields or ends, and returns what it yielded or its result.
   *
   * Throws FiberError, by Ruby's rules, when the fiber may not be resumed. Throws whatever the fiber
   * throws. Inside a fiber, prefer `yield* Fiber.resume(fiber)`, which uses no native stack.
   */
  // @ts-expect-error a rest parameter would allocate an array in every call, and TypeScript cannot
  // match a generic rest parameter with an implementation that reads `arguments` instead
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
   * Switches to the fiber without becoming its resumer. Returns when some fiber transfers back here, or
   * when one ends that has no resumer to return to. Returns what was passed. A transfer to the current
   * fiber returns at once.
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
   * Throws an error inside the fiber, where it is suspended. Returns what the fiber yields next, or its
   * result. A fiber that has resumed another passes the error on to the innermost fiber resumed.
   *
   * Throws FiberError when the fiber has not started or has ended, TypeError when the argument is not an
   * error, and whatever the fiber does not catch. In a fiber that a scheduler runs, the error takes the
   * place of what the fiber waits for, at its next turn; the call then returns `undefined` at once.
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
   * Ends the fiber: its `finally` blocks run, its `catch` blocks do not. Returns the fiber, or `false`
   * when it was killed before.
   *
   * Throws FiberError for the running fiber (write `yield* Fiber.kill(fiber)`), and whatever its
   * `finally` blocks throw. A fiber that a scheduler runs unwinds at its next turn.
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
   * For fibers that a scheduler runs; throws FiberError for others. Also throws FiberError when the
   * fiber was cancelled or killed, because then there is no result.
   */
  join(this: OnlyTask<Receives>): Op<Result>;
  join(): Op<Result> {
    throw noTask("join", labelOf(this));
  }

  /** `join`, for tasks. It is defined on the prototype, below. */
  declare readonly [Symbol.iterator]: IfTask<Receives, () => Iterator<Suspension, Result, any>>;

  /**
   * A promise of the fiber's result, for code outside of fibers; always the same one. It rejects with
   * what `join` would throw; but if an AbortSignal given to `run` ended the fiber, with the signal's
   * reason. Throws FiberError for a fiber that no scheduler runs.
   */
  promise(): Promise<Result> {
    throw noTask("promise", labelOf(this));
  }

  /**
   * Asks the fiber to end: its present wait and all later ones throw Cancelled, except under `shield`. A
   * fiber that has not started yet still starts, and its first wait throws.
   *
   * A plain call. `yield* fiber.cancel(…)`, or `await` outside of fibers, also waits until the fiber has
   * cleaned up, and throws only what its clean-up threw. After `grace` milliseconds, if given, the fiber
   * is unwound; from then on it waits for nothing.
   *
   * For fibers that a scheduler runs; throws FiberError for others.
   */
  cancel(reason?: unknown, options?: CancelOptions): Cancelling;
  cancel(): Cancelling {
    throw noTask("cancel", labelOf(this));
  }

  /** What the fiber waits for, and since when, in milliseconds on its host's clock. */
  get waitingOn(): Waiting | undefined {
    return undefined;
  }

  /** The fiber that opened the scope in which this one was spawned; undefined for a fiber that `run` started. */
  get parent(): Fiber | undefined {
    return undefined;
  }

  /** The fibers that were spawned in its scopes and have not ended, the oldest of each scope first. */
  get children(): Fiber[] {
    return [];
  }

  /** Whether the fiber has not ended. Starts nothing. */
  get alive(): boolean {
    return (this._flags & TERMINATED) === 0;
  }

  /**
   * How the fiber ended, and with what, without waiting. Undefined as long as the fiber is alive, and for
   * coroutines, which keep nothing when they have ended. Reading it does not count as observing a
   * failure: if nothing else receives the error, it is still reported to the host.
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

  /** The name that the fiber was given, or its routine's. */
  get name(): string {
    return givenName(this);
  }

  /** A copy of the current fiber's storage. Throws TypeError for any other fiber. */
  get storage(): Record<StorageKey, unknown> {
    return toObject(own(this)._storage);
  }

  /** Replaces the current fiber's storage; `null` clears it. */
  set storage(pairs: Readonly<Record<StorageKey, unknown>> | null) {
    own(this)._storage = fromObject(this, pairs);
  }

  /**
   * The names of the frames of a suspended fiber, innermost first. `[]` before its start; `undefined`
   * after its end, and when `start` is beyond the last frame. Throws RangeError unless both arguments are
   * whole numbers from 0. With `fibril/inspect`, each name comes with its place in the source.
   */
  backtrace(start: number = 0, count: number = Number.POSITIVE_INFINITY): string[] | undefined {
    checkRange(start, count);
    return backtrace(this, start, count);
  }

  /** `#<Fiber: name (suspended)>`, with Ruby's words for the status. */
  toString(): string {
    const { status } = this;
    const word =
      status === "running" ? "resumed" : status === "resuming" ? "suspended by resuming" : status;
    return `#<${this.constructor.name}: ${this.name} (${word})>`;
  }

  /**
   * Enumerates what the fiber yields, resuming it once for each item. Its result is not an item. Leaving
   * the loop early leaves the fiber suspended, as with Ruby's external enumerators.
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

  /** The fiber that stands for plain code, as a thread's first fiber does in Ruby. Always alive. */
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
   * What is recorded for error messages. Nothing by default, because each record reads the stack.
   *
   * `"ops"`: where every op is created, so that the error about a forgotten `yield*` has the line as its
   * `cause`; costs about a microsecond per op. `"spawns"`: where fibers are spawned, so that the stacks
   * of their errors show it; costs some tens of microseconds per fiber. `"all"`: both.
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
   * passes; the type argument declares its type. Throws FiberError when no fiber resumed this one.
   *
   * With a type argument, the yielded type is kept for a number, a string or a boolean. For any other
   * value it is `any`, unless a second type argument names it.
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

  /** Resumes a fiber from inside another. Results in what that fiber yields, or its result. */
  static resume<Args extends readonly unknown[], Yields, Receives, Result>(
    fiber: Fiber<Args, Yields, Receives, Result>,
    ...values: ResumeValues<Args, Receives>
  ): Op<Yields | Result>;
  static resume(fiber: Fiber, value?: unknown): Op<unknown> {
    if (!fiber?.[OWN]) throw stranger(fiber);
    if (arguments.length > 2) return many(resumeOp, fiber, arguments);
    return resumeOp(fiber, arguments.length - 1, value);
  }

  /** Switches to a fiber. Results in what is passed when some fiber transfers back. */
  static transfer<T = unknown>(fiber: Fiber, ...values: unknown[]): Op<T>;
  static transfer(fiber: Fiber, value?: unknown): Op<unknown> {
    if (!fiber?.[OWN]) throw stranger(fiber);
    if (arguments.length > 2) return many(transferOp, fiber, arguments);
    return transferOp(fiber, arguments.length - 1, value);
  }

  /** Throws an error inside a fiber. Results in what that fiber yields next, or its result. */
  static raise(
    fiber: Fiber,
    error?: Raisable,
    message?: string,
    options?: ErrorOptions,
  ): Op<unknown> {
    if (!fiber?.[OWN]) throw stranger(fiber);
    return raiseOp(fiber, toError(error, message, options));
  }

  /** Ends a fiber, which may be the current one. Results in the fiber, or `false` when it was killed before. */
  static kill<F extends Fiber>(fiber: F): Op<F | false> {
    if (!fiber?.[OWN]) throw stranger(fiber);
    return killOp(fiber) as Op<F | false>;
  }
}

/**
 * An op with several values. It is a function of its own because V8 14 otherwise allocates the
 * `arguments` object at every op, which costs 56 bytes per switch.
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

/** Node, Deno and Bun print an object with this method: a fiber shows its name and status, not its links. */
const INSPECT: unique symbol = Symbol.for("nodejs.util.inspect.custom");
Object.defineProperty(Fiber.prototype, INSPECT, {
  value(this: Fiber): string {
    return this.toString();
  },
});

declare module "../kernel/errors.js" {
  // Declared here, because this file imports that one.
  interface Cancelled {
    /** Which fiber was cancelled. */
    readonly fiber: Fiber;
  }
}

function configure(fiber: Fiber, options: FiberOptions): void {
  checkOptions("a Fiber", options, FIBER_OPTIONS);
  const { name, storage = true } = options;
  if (name !== undefined) fiber._label = new Named(name, fiber._label);
  fiber._storage = storage === true ? inherit(K.current) : fromObject(fiber, storage);
}

/**
 * Makes a fiber that holds the frame of its routine: one object instead of two, and one cache miss instead of
 * two when it is resumed. It is not a class, because it must have the prototype of `Fiber` and no other class between.
 * The first fields are those of `Fiber`, in the same order, so V8 reads them of both from the same place.
 */
function Roomy(this: RoomyFields, routine: AnyRoutine): void {
  this._storage = null;
  this._label = routine;
  this._prev = null;
  this._resuming = null;
  this._scope = null;
  this._frame = routine;
  this._flags = CREATED;
  this.pc = 0;
  this.a = undefined;
  this.b = undefined;
  this.c = undefined;
}
Roomy.prototype = Fiber.prototype;

function roomy(routine: AnyRoutine, options: FiberOptions | undefined): any {
  const fiber = new (Roomy as unknown as new (routine: AnyRoutine) => Fiber)(routine);
  if (options !== undefined) configure(fiber, options);
  else if (K.current._storage !== null) fiber._storage = inherit(K.current);
  return fiber;
}

const root = new Fiber(function* root() {}, { storage: null });
root._flags = ROOT_FLAGS;
root._frame = null;
boot(root, runInside);
const frame = new Frame(iteratorCode);
K.shapes.push(frame, new Call(frame, frame, 0, iteratorCode), roomy(iteratorCode, undefined));

/** Contract line 45: a fiber's storage is its own. */
function own<F extends Fiber>(fiber: F): F {
  if (fiber === (K.current as Fiber)) return fiber;
  throw new TypeError("Fiber storage can only be accessed from the Fiber it belongs to");
}

/**
 * Several values become an array (contract line 4). Copied by a loop, because passing `arguments` to
 * another function allocates it in every call.
 */
function pack(values: ArrayLike<unknown>, start = 0): unknown[] {
  const packed: unknown[] = [];
  for (let i = start; i < values.length; i++) packed.push(values[i]);
  return packed;
}
