/**
 * The registers of the kernel, and what the kernel knows of a fiber, a scope and a scheduler.
 *
 * All mutable state lives in the fields of one constant object, because V8 reaches them with one load from
 * a known address; module-level `let` bindings measured 15 to 25 % slower per switch.
 */
import type { InLine } from "../ready/line.js";
import type { ReadySet } from "../ready/ready-set.js";
import type { Timers } from "../ready/timers.js";
import {
  type Call,
  type Frame,
  type How,
  type Label,
  type OwnFrame,
  START,
  type TopFrame,
} from "./frame.js";
import type { Ambient, Host } from "./host.js";
import type { Probe } from "./probe.js";
import { ATTACHED, PINNED, RUNNING, SCHEDULED } from "./state.js";

// What a fiber is to the kernel.

/** A routine as the kernel sees it: a function whose call gives a frame. */
export type AnyRoutine = (...args: never[]) => unknown;

/** The fields of a fiber. There are only seven, because in a million fibers each field takes eight megabytes. */
export interface FiberFields {
  /** State and frame bits: see state.ts. */
  _flags: number;
  /** The routine before the start, then the top of the frame stack, then null. */
  _frame: AnyRoutine | TopFrame | Call | null;
  /** The fiber that resumed this one, and gets control when it yields or ends. */
  _prev: FiberFields | null;
  /** The fiber that this one is resuming. */
  _resuming: FiberFields | null;
  /** Inherited key–value pairs, shared until one is written. */
  _storage: Storage | null;
  /** The source of its name. */
  _label: Label;
  /** The innermost scope that it has open. For a task without one, the scope in which it was spawned. */
  _scope: ScopeFields | null;
}

/** The further fields of a fiber that holds the frame of its routine: see `OwnFrame`. */
export interface RoomyFields extends FiberFields, OwnFrame {}

/** The further fields of a fiber that a scheduler runs. */
export interface TaskFields extends FiberFields {
  _scope: ScopeFields;
  /** Its slot: its number in the ready set. */
  _slot: number;
  /** Holds four different things at four different times: see wait-slot.ts. */
  _wait: unknown;
  /** Those that will be called when it ends: the first of a line of {@link Joiner}s. */
  _joiners: Joiner | null;
  /** Its neighbours among the children of its scope. */
  _next: TaskFields | null;
  _before: TaskFields | null;
}

/** Keys of fiber storage, as in Ruby. */
export type StorageKey = string | symbol;

/** A fiber's key–value pairs: see storage.ts. */
export interface Storage {
  owner: FiberFields | null;
  readonly map: Map<StorageKey, unknown>;
}

/** Called once when a fiber ends. */
export interface Joiner extends InLine<Joiner> {
  /** It only passes the end on, so a failure does not count as received because of this joiner. */
  readonly passive?: true;
  ended(task: TaskFields): void;
}

// What the kernel asks of a scope and of a scheduler.

/**
 * The kind of a scope decides what happens when the scope itself is cancelled, and when a child fails:
 *
 * - `fiber`: a fiber's own scope, around its whole routine. It passes everything on.
 * - `scope`: it ends quietly when it is cancelled. A child's failure cancels the other children.
 * - `supervised`: like `scope`, but a child's failure does not cancel the other children.
 * - `shield`: no request from outside reaches it.
 */
export type ScopeKind = "fiber" | "scope" | "supervised" | "shield";

/** What the kernel asks of a scope: see scope.ts. */
export interface ScopeFields {
  readonly kind: ScopeKind;
  readonly owner: FiberFields;
  readonly outer: ScopeFields | null;
  readonly scheduler: SchedulerFields;
  /** The host context of the run, if runs have different ones; null for a context in which nothing is set. */
  ambient: Ambient | null;
  /** The task in whose turns the owner runs; null for the scope in which `run` starts its task. */
  readonly task: TaskFields | null;
  /** The request that applies in this scope, which every wait in it throws; null if there is none. */
  effective: CancelRequest | null;
  /** The error that its owner's waits have thrown because of `effective`. */
  thrown: Error | null;
  /** It is running its deferred clean-up. */
  readonly cleaning: boolean;
  /** It is acquiring a resource, which must not be lost. */
  readonly acquiring: boolean;
  /** So much has failed in it that nobody will read the way of each single error. */
  readonly crowded: boolean;
  /** The outermost scope that belongs to the task itself. It is made if the task has none. */
  ownOf(task: TaskFields): ScopeFields;
  /** The scope in which a task was spawned. */
  spawnedIn(task: TaskFields): ScopeFields;
  /** The children in the scopes that a task has opened. */
  childrenOf(task: TaskFields): TaskFields[];
  /**
   * The owner's routine has ended. Returns the frame that waits for the children and runs the deferred
   * clean-up. If there are neither, closes the scope and returns null.
   */
  release(): Frame | null;
  /** A child of this scope has ended. The child's flags and `_wait` say how. */
  childEnded(child: TaskFields): void;
  /** Ends a child of this scope that has not started. Its routine is never called. */
  refuse(fiber: TaskFields, source: CancelSource, reason: unknown): void;
  /** Asks a child of this scope, or the scope's owner, to end. */
  cancelFiber(fiber: TaskFields, source: CancelSource, reason: unknown, grace: number): void;
}

/** What the kernel asks of a scheduler: see scheduler.ts. */
export interface SchedulerFields {
  readonly ready: ReadySet<TaskFields>;
  readonly timers: Timers;
  readonly host: Host;
  readonly probe: Probe | null;
  /** The present time in ticks: whole milliseconds since the scheduler was made. */
  now(): number;
  /** The tick at which the present round began. */
  readonly time: number;
  /** The tick of a time on the host's clock, rounded up so that no deadline comes early. */
  tickAt(time: number): number;
  /** The first tick that is at least `ms` milliseconds from now. */
  tickAfter(ms: number): number;
  /** The time of a tick on the host's clock. */
  timeOf(tick: number): number;
  /** Whether anything outside can wake its fibers. */
  readonly hosted: boolean;
  /** How many parked tasks something outside may wake. */
  outside: number;
  /** How many waits of a turn may end at once, and when the clock was last read for that: see at-once.ts. */
  mostAtOnce: number;
  atOnceAt: number;
  /** Bits that are set in the flags of each of its new tasks. */
  readonly taskBits: number;
  /** Each of its tasks runs in a host context of its own. */
  readonly contextual: boolean;
  /** It has a probe or host contexts, so `spawned` must be called for every new task. */
  readonly special: boolean;
  spawned(task: TaskFields): void;
  /** A task has become ready: asks the host for a turn. */
  stir(): void;
  /** Called in a burst of the host's callbacks: what they make ready runs together, in the host's next turn. */
  readonly gather: () => void;
  /** A deadline was added: asks the host for a turn, unless one is running. */
  stirForTimer(): void;
  /** A fiber is computing: reads the clock now and then, and fires the timers whose time has come. */
  lookAtClock(): void;
  /** Reports an error that no parent receives. */
  unobserved(error: unknown): void;
  /** A hook threw: reports the error and goes on without the probe. */
  dropProbe(error: unknown): void;
}

/** What made a request. */
export type CancelSource = "fiber" | "scope" | "deadline" | "failure" | "signal" | "parent";

/**
 * A request that some work should end, with its source and its reason. All fibers that it reaches share it,
 * and each throws a `Cancelled` of its own.
 *
 * It does not refer to a scope: otherwise a `Cancelled` that a program keeps would keep the scheduler and
 * all its fibers alive. A scope refers to its request, and requests are only compared.
 */
export class CancelRequest {
  readonly source: CancelSource;
  readonly reason: unknown;
  /** The fiber that was asked, together with all that it has spawned; null if a block was asked. */
  readonly target: FiberFields | null;
  /** The fiber that called `cancel` or that failed; undefined for plain code, signals and time limits. */
  readonly by: string | undefined;
  /** For a time limit that throws: what the block was waiting for. */
  waited: string | undefined;

  constructor(
    source: CancelSource,
    reason: unknown,
    target: FiberFields | null,
    by: string | undefined,
  ) {
    this.source = source;
    this.reason = reason;
    this.target = target;
    this.by = by;
    this.waited = undefined;
  }
}

// Waits.

/**
 * A kind of wait: what `yield*` begins. Before and after it begins the wait, the kernel checks whether the
 * fiber was asked to end: see `park` in wait.ts.
 */
export interface WaitKind {
  /** For messages: `sleep(…)`. */
  readonly name: string;
  /** It begins even if the fiber was asked to end, because it is part of an orderly end. */
  readonly always?: boolean;
  /**
   * Makes the task's wait from the op's argument. Returns null if the outcome is known already; it is then
   * in the registers (`done`, `failed`). An error that it throws is thrown at the `yield*`.
   */
  begin(task: TaskFields, argument: any): Waiting | null;
  /** The wait will not begin, because the fiber was asked to end or the op was never run. */
  refused?(argument: any): void;
}

/** What a parked task waits for: a {@link Wait}, or only the wake of a `suspend` that needs nothing more. */
export type Waiting = Wait | BareWake;

/** The wake of a `suspend`, which stands for the whole wait: see suspend.ts. */
export type BareWake = (value: any) => void;

/** Something that a task waits for, and how to stop waiting for it. */
export interface Wait {
  /** For messages and dumps: `sleep(10 ms)`. */
  readonly what: string;
  /** The tick at which it began. */
  readonly since: number;
  /** No request ends it, because the wait is itself part of an orderly end. */
  readonly firm?: boolean;
  /** Something outside all fibers may end it: a promise or a callback. */
  readonly outside?: boolean;
  /** A call of the program's ends it, as with `suspend`, and a callback of the host may make that call. */
  readonly suspended?: boolean;
  /** The fibers that it waits for, if only they can end it. The search for deadlocks follows them. */
  on?(): readonly TaskFields[];
  /**
   * Takes back what `begin` registered. It is called at most once, after the wait has been ended early, with
   * the error that ended it (undefined for a kill).
   */
  undo(error: unknown): void;
}

// What only tasks need.

/**
 * What the kernel asks of the code for tasks: see task-side.ts. The kernel does not import that code, so that
 * the bundle of a program that makes only coroutines does not contain it.
 */
export interface TaskSide {
  /** Saves the registers of what is interrupted now. */
  interrupt(): void;
  /** Ends the turn of the running task: `tip` has started a pause or a wait. */
  park(tip: FiberFields, phase: number): How;
  /** The routine of a task has ended. */
  endRoutine(task: TaskFields, how: How, out: unknown): How;
  /** The waiting task to whose strand a fiber belongs. */
  waitingTaskOf(fiber: FiberFields): TaskFields | null;
  /** The error if a waiting strand holds the fiber, so that only its scheduler may enter it. */
  checkHolder(target: FiberFields, verb: string): Error | null;
  /** The error if a transfer of the running fiber to the target would leave an open scope behind. */
  checkLeaving(target: FiberFields): Error | null;
  /** The same for a synchronous call. */
  checkCalling(target: FiberFields): Error | null;
  /**
   * Whether the end of a fiber would leave an open scope behind by giving control to the target. Puts the error
   * into `K.value` in place of the fiber's result.
   */
  isLeaving(fiber: FiberFields, target: FiberFields, how: How): boolean;
  /** The error of a coroutine that yields or transfers while its scope is open. */
  leavesScope(fiber: FiberFields): Error;
  raiseInTask(task: TaskFields, tip: FiberFields, error: unknown): void;
  killInTask(task: TaskFields, fiber: FiberFields, end: FiberFields): void;
  postponeKill(fiber: FiberFields): boolean;
  isCancelled(error: unknown): boolean;
}

// The phases of an op.

/**
 * `K.phase` says where the op in hand stands between the running code and the kernel:
 *
 *   IDLE ──Fiber.yield(v)──▶ created ──yield*──▶ started ──kernel performs it──▶ IDLE
 *                                                             … later …
 *   IDLE ──kernel enters a generator──▶ DELIVER or RAISE ──the op's iterator takes it──▶ IDLE
 *
 * While a fiber's own code runs, the phase is IDLE. If it is anything else when the next op is created, an
 * earlier op was created and never run.
 */
export const IDLE: typeof START = START;

export const YIELD_CREATED = 8;
export const RESUME_CREATED = 9;
export const TRANSFER_CREATED = 10;
export const CALL_CREATED = 11;
/** The outcome is known without a switch, and goes back to the same frame at once. */
export const AGAIN_CREATED = 12;
/** The task gives way: it ends its turn and stays ready. */
export const PAUSE_CREATED = 13;
/** The task waits: `K.begin` says for what. */
export const WAIT_CREATED = 14;

/** Added to a created op's phase when it starts. */
export const STARTED = 8;
/** The bit that the sum has, and a created op's phase has not. Compiled code looks for it. */
export const SUSPENDS = 16;
/** Added to a created op's phase when its start needs extra care: see unwinding.ts. */
export const WATCHED = 32;
export const YIELD_STARTED: number = YIELD_CREATED + STARTED;
export const RESUME_STARTED: number = RESUME_CREATED + STARTED;
export const TRANSFER_STARTED: number = TRANSFER_CREATED + STARTED;
export const CALL_STARTED: number = CALL_CREATED + STARTED;
export const AGAIN_STARTED: number = AGAIN_CREATED + STARTED;
export const PAUSE_STARTED: number = PAUSE_CREATED + STARTED;
export const WAIT_STARTED: number = WAIT_CREATED + STARTED;

// The registers.

/** The registers of what is interrupted: see interrupted.ts. */
export interface Interrupted {
  /** The task whose turn it is; null for plain code. */
  readonly task: TaskFields | null;
  readonly current: FiberFields;
  /** The PINNED bit of `current`. */
  readonly pinned: number;
  readonly base: FiberFields;
  readonly loop: FiberFields | null;
  readonly caller: FiberFields;
  readonly tail: FiberFields;
  readonly mostAtOnce: number;
  /** What this interrupts itself. */
  readonly below: Interrupted | null;
}

/** Stands in for the root fiber until `boot` is called. */
const NOBODY = null as unknown as FiberFields;

class Kernel {
  /** Where the op in hand stands: see IDLE. */
  phase: number = IDLE;
  /** Whether a function in direct style has to return what its call has answered: see `leave` in direct.ts. */
  leaves: boolean = false;
  /** The value that the op in hand carries. */
  value: unknown = undefined;
  /** How many values the caller gave. If there are more than one, `value` is an array of them. */
  argc: number = 0;
  /** How to enter the target. */
  how: How = START;
  /** The fiber that the op in hand resumes or transfers to. */
  target: FiberFields | null = null;
  /** For a call: the frame to push, its FRAME_BITS, and the source of its name. */
  frame: TopFrame | null = null;
  frameBits: number = 0;
  label: Label | null = null;
  /** For a wait: the kind of wait to begin. */
  begin: WaitKind | null = null;

  /** The root fiber, which stands for plain code. It never ends and never yields. */
  root: FiberFields = NOBODY;
  /** Runs a started op inside an unwinding fiber: `runInside` of unwinding.ts, set by `boot`. */
  runInside: (fiber: FiberFields) => How = () => START;

  /** Runs state machines that transfer to one another: see pass-on.ts. Null until the first does. */
  passOn: ((fiber: FiberFields) => How) | null = null;

  /** Null until the first scheduler is made. Before that, there is no task and no bit that only tasks set. */
  tasks: TaskSide | null = null;

  /** The fiber that has control. */
  current: FiberFields = NOBODY;
  /**
   * The fiber whose synchronous call started the innermost loop (`drive`). The loop ends when control is
   * back in it.
   */
  base: FiberFields = NOBODY;
  /** The end of the root's resume chain. Valid while a fiber outside that chain runs. */
  tail: FiberFields = NOBODY;

  /** The task whose turn it is, and the fiber that stands for its scheduler. Both are null outside turns. */
  task: TaskFields | null = null;
  loop: FiberFields | null = null;
  /**
   * The fiber that made the outermost synchronous call of the turn. Valid while one is on the native stack, so
   * that `base` is not `loop`.
   */
  caller: FiberFields = NOBODY;
  /** What is interrupted, the innermost. */
  interrupted: Interrupted | null = null;
  /**
   * The scheduler that was made first, which in most programs is the only one, until it has no fibers left.
   * A wake reads it here, because reading it through the task's scope would cost one more cache miss among
   * a million tasks.
   */
  mainScheduler: SchedulerFields | null = null;

  /** How many waits of the present turn have ended at once: see at-once.ts. */
  atOnce: number = 0;
  /** The running scheduler's `mostAtOnce`. */
  mostAtOnce: number = 0;
  /** How many calls of state machines stand on the native stack: see perform.ts. */
  nativeCalls: number = 0;
  /** For functions in direct style, what their caller says of itself: see direct.ts. 0 while other code runs. */
  depth: number = 0;
  /** Makes the frame of a function in direct style, or null. Null until a module in direct style is loaded. */
  direct: ((fn: unknown, argc: number, args: unknown) => Frame | null) | null = null;

  /**
   * One object of each class that may have no instance for a while. Otherwise V8 drops its hidden class at the next
   * collection, and with it the optimised code that knows it: then the next fibers are made by slow code.
   */
  shapes: object[] = [];

  /** Whether to record where ops are created, and where the op in hand was. */
  debug: boolean = false;
  createdAt: Error | null = null;
  /** How many tools have asked for the places of spawns to be recorded. */
  sites: number = 0;
}

/** The registers of this copy of the library. No other copy can reach them. */
export const K: Kernel = new Kernel();

/** The flags of the root fiber: it always runs, on the native stack, and is the bottom of its resume chain. */
export const ROOT_FLAGS: number = RUNNING | ATTACHED | PINNED;

/** Called once, after the root fiber has been made. */
export function boot(root: FiberFields, runInside: (fiber: FiberFields) => How): void {
  K.root = K.current = K.base = K.tail = root;
  K.runInside = runInside;
}

/**
 * Calls user code that does not belong to any fiber, and restores the registers afterwards. Throws what the
 * code throws. If the code leaves an op in hand, the op is dropped; if `misuse` is given as well, the error
 * that it makes is thrown.
 */
export function withRegistersSaved<Result>(
  call: () => Result,
  misuse: (() => Error) | null = null,
): Result {
  const { argc, begin, frame, frameBits, how, label, phase, target, task, value } = K;
  const outer = K.interrupted;
  if (task !== null) (K.tasks as TaskSide).interrupt();
  K.task = null;
  K.phase = IDLE;
  try {
    const result = call();
    if (K.phase !== IDLE && misuse !== null) throw misuse();
    return result;
  } finally {
    if (K.phase !== IDLE) clearOp();
    K.task = task;
    K.interrupted = outer;
    K.phase = phase;
    if (phase !== IDLE) {
      // An op is in hand, because a plain call such as `spawn` may stand between its creation and its `yield*`.
      K.argc = argc;
      K.begin = begin;
      K.frame = frame;
      K.frameBits = frameBits;
      K.how = how;
      K.label = label;
      K.target = target;
      K.value = value;
    }
  }
}

/** Clears the registers of the op in hand, which will not run. */
export function clearOp(): void {
  if (K.begin !== null) K.begin.refused?.(K.value);
  K.phase = IDLE;
  K.value = undefined;
  K.target = null;
  K.frame = null;
  K.label = null;
  K.begin = null;
}

/**
 * Whether the target cannot be entered because a synchronous call stands in between. A task that waits or
 * ends goes back to its scheduler, which stands below every such call on the native stack.
 */
export function crosses(target: FiberFields): boolean {
  if (target === K.base) return false;
  const flags = target._flags;
  if ((flags & PINNED) !== 0) return true;
  return (flags & SCHEDULED) !== 0 && K.base !== K.loop && K.loop !== null;
}
