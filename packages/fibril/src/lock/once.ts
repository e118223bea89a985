/** A value that is computed once, by the fiber that needs it first. */
import {
  CALLBACK,
  callNowOp,
  Cancelled,
  checkValue,
  checkWait,
  DELIVER,
  done,
  FiberError,
  Frame,
  hasEnded,
  type How,
  KILL,
  type Label,
  labelOf,
  mayGoOn,
  type Op,
  ownWait,
  perform,
  performRoutine,
  RAISE,
  type RoutineFunction,
  START,
  SUSPEND,
  type Task,
  textIn,
  type WaitBegun,
  type WaitKind,
  WaitQueue,
} from "../core/index.js";
import { GRANTED, WAITING } from "./claim.js";
import { Watch } from "./holder.js";
import { type LockOptions, titleOf } from "./options.js";

/** Where the frame of a `get` stands, besides WAITING; GRANTED: it is the one that computes. */
const COMPUTING = 5;
const TOLD = 6;

/** Numbers of a once. */
export interface OnceStats {
  /** 1 when there is a value. */
  readonly computed: number;
  /** 1 while a fiber computes it. */
  readonly computing: number;
  /** Fibers that wait for that one. */
  readonly waiting: number;
}

class OnceLine extends WaitQueue<Frame> {
  private readonly core: OnceCore;

  constructor(title: string, core: OnceCore) {
    super(title);
    this.core = core;
  }

  override get what(): string {
    const [by] = this.on();
    return by === undefined ? this.name : `${this.name}, which ${labelOf(by)} computes`;
  }

  override on(): readonly Task[] {
    const { by } = this.core;
    return by === null ? [] : [by];
  }
}

class OnceCore implements WaitKind {
  readonly title: string;
  readonly routine: RoutineFunction<[], unknown, any, any>;
  readonly line: OnceLine;
  computed: boolean;
  value: unknown;
  /** Who computes, and its frame. */
  by: Task | null;
  frame: Frame | null;
  private readonly watch: Watch;

  constructor(title: string, routine: RoutineFunction<[], unknown, any, any>) {
    this.title = title;
    this.routine = routine;
    this.line = new OnceLine(title, this);
    this.computed = false;
    this.value = undefined;
    this.by = null;
    this.frame = null;
    this.watch = new Watch(this);
  }

  get name(): string {
    return "once.get()";
  }

  begin(task: Task, frame: Frame): WaitBegun | null {
    if (this.computed) {
      frame.pc = TOLD;
      return done(this.value);
    }
    const { by } = this;
    if (by === null || hasEnded(by)) {
      this.choose(task, frame);
      return done(undefined);
    }
    if (by === task) throw itself(this.title, task);
    this.watch.set(by);
    frame.pc = WAITING;
    return this.line.stand(task, frame);
  }

  private choose(task: Task, frame: Frame): void {
    this.by = task;
    this.frame = frame;
    frame.pc = GRANTED;
  }

  compute(frame: Frame): unknown {
    frame.pc = COMPUTING;
    let value: unknown;
    try {
      value = performRoutine(this.routine, []);
    } catch (error) {
      this.failed(frame, error);
      throw error;
    }
    if (value !== SUSPEND) this.succeeded(frame, value);
    return value;
  }

  succeeded(frame: Frame, value: unknown): void {
    if (this.frame !== frame) return;
    this.computed = true;
    this.value = value;
    this.over();
    for (let told = this.line.item; told !== undefined; told = this.line.item) {
      told.pc = TOLD;
      this.line.wake(value);
    }
  }

  failed(frame: Frame, error: unknown): void {
    if (Cancelled.is(error)) return this.handOver(frame);
    if (this.frame !== frame) return;
    this.over();
    for (let left = this.line.size; left > 0; left--) this.line.fail(error);
  }

  /** Who computes is ended from outside: the oldest that waits begins anew. */
  handOver(frame: Frame): void {
    if (this.frame !== frame) return;
    this.over();
    const { line, watch } = this;
    const next = line.oldest;
    if (next === null) return;
    this.choose(next, line.item as Frame);
    if (line.size > 1) watch.set(next);
    line.wake(undefined);
  }

  /** It computed in a coroutine that it has left behind. */
  abandonedBy(): void {
    if (this.frame !== null) this.handOver(this.frame);
  }

  private over(): void {
    this.by = null;
    this.frame = null;
    this.watch.clear();
  }
}

function itself(title: string, task: Task): FiberError {
  return new FiberError(
    "itself",
    `${labelOf(task)} computes ${title}, and would wait for itself: its routine must not need its own result`,
  );
}

const LABEL: Label = { name: "once.get" };

function onceCode(frame: Frame, how: How, value: unknown): unknown {
  const once = frame.a as OnceCore;
  if (frame.pc === COMPUTING) {
    if (how === DELIVER) {
      once.succeeded(frame, value);
      return value;
    }
    if (how !== RAISE) {
      once.handOver(frame);
      return KILL;
    }
    once.failed(frame, value);
    throw value;
  }
  if (how === START) {
    if (once.computed && mayGoOn()) return once.value;
    return perform(ownWait(once, frame));
  }
  if (how === DELIVER) {
    if (frame.pc === GRANTED) return once.compute(frame);
    // Otherwise somebody transferred to it, and it has been told nothing.
    return frame.pc === TOLD ? value : perform(ownWait(once, frame));
  }
  if (frame.pc === GRANTED) once.handOver(frame);
  if (how === RAISE) throw value;
  return KILL;
}

/**
 * A value that is computed when it is first needed, by the fiber that needs it first. Other fibers wait for
 * that fiber, and fibers that come later get the value at once.
 *
 * When the fiber that computes is cancelled or killed, the next fiber in the line starts the computation again.
 * When the routine fails, the fiber that computes and all that wait for it get the error. The error is not kept:
 * a fiber that comes later tries again.
 *
 * ```ts
 * let computed = 0;
 * const config = new Once(
 *   function* () {
 *     yield* sleep(1);
 *     return ++computed;
 *   },
 *   { name: "config" },
 * );
 * const readers = [1, 2, 3].map(() => spawn(() => config.get()));
 * for (const reader of readers) yield* reader;
 * computed; // 1
 * ```
 */
export class Once<T> {
  readonly #core: OnceCore;

  /** Throws TypeError for what is not a function. */
  constructor(routine: RoutineFunction<[], T, any, any>, options: LockOptions = {}) {
    checkValue("a once", routine, CALLBACK);
    this.#core = new OnceCore(titleOf("once", options), routine);
  }

  /** Whether there is a value. */
  get isComputed(): boolean {
    return this.#core.computed;
  }

  /**
   * The value. Suspends until there is one, and as its routine does. Throws what the routine throws; Cancelled;
   * FiberError when the routine asks for its own result.
   */
  get(): Op<T> {
    checkWait("once.get()");
    return callNowOp(new Frame(onceCode, this.#core), LABEL) as Op<T>;
  }

  /** The value if there is one. A plain call, which computes nothing. */
  tryGet(): T | undefined {
    return this.#core.value as T | undefined;
  }

  /** What is to be known of it, in plain numbers. */
  stats(): OnceStats {
    const { by, computed, line } = this.#core;
    return { computed: computed ? 1 : 0, computing: by === null ? 0 : 1, waiting: line.size };
  }
}

/**
 * Makes a routine that computes once: all its calls share the value. A plain call; the calls of the routine suspend and
 * throw as `Once.get` does. Throws TypeError for what is not a function.
 *
 * ```ts
 * let calls = 0;
 * const answer = lazy(function* () {
 *   calls++;
 *   yield* sleep(1);
 *   return 42;
 * });
 * yield* answer(); // 42
 * yield* answer(); // 42
 * calls; // 1
 * ```
 */
export function lazy<T>(
  routine: RoutineFunction<[], T, any, any>,
  options: LockOptions = {},
): () => Op<T> {
  checkValue("lazy", routine, CALLBACK);
  const once = new Once(routine, { name: textIn(routine, "name") || undefined, ...options });
  return () => once.get();
}
