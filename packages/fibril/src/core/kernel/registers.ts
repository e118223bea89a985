/**
 * The registers of the kernel, and what the kernel knows of a fiber, a scope and a scheduler.
 *
 * All mutable state lives in the fields of one constant object, because V8 reaches them with one load from
 * a known address; module-level `let` bindings measured 15 to 25 % slower per switch.
 */
import type { InLine } from "../ready/line.js";
import type { ReadySet } from "../ready/ready-set.js";
import type { Timers } from "../ready/timers.js";
import { type Call, type Frame, type How, type Label, START, type TopFrame } from "./frame.js";
import type { Ambient, Host } from "./host.js";
import type { Probe } from "./probe.js";
import { ATTACHED, PINNED, RUNNING, SCHEDULED } from "./state.js";

// What a fiber is to the kernel.

/** A routine as the kernel sees it: something to call that gives a frame. */
type AnyRoutine = (...args: never[]) => unknown;

/** The fields of a fiber. Seven, because a million fibers pay for each of them eight times over. */
export interface FiberFields {
  /** State and frame bits: see state.ts. */
  _flags: number;
  /** The routine before the start, then the top of the frame stack, then null. */
  _frame: AnyRoutine | TopFrame | Call | null;
  /** Who resumed me, and gets control when I yield or end. */
  _prev: FiberFields | null;
  /** Whom I am resuming. */
  _resuming: FiberFields | null;
  /** Inherited key-value pairs, shared until written. */
  _storage: Storage | null;
  /** Where my name comes from. */
  _label: Label;
  /** The innermost scope that I have open; for a task without one, the scope it was spawned in. */
  _scope: ScopeFields | null;
}

/** What a fiber has besides when a scheduler runs it. */
export interface TaskFields extends FiberFields {
  _scope: ScopeFields;
  /** Its place in the ready set. */
  _slot: number;
  /** Four things at four times: see wait-slot.ts. */
  _wait: unknown;
  /** Who wants to know how it ends: a list of {@link Joiner}. */
  _joiners: Joiner | null;
  /** Its neighbours among the children of its scope. */
  _next: TaskFields | null;
  _before: TaskFields | null;
}

/** Keys of fiber storage, as in Ruby. */
export type StorageKey = string | symbol;

/** A fiber's key-value pairs: see storage.ts. */
export interface Storage {
  owner: FiberFields | null;
  readonly map: Map<StorageKey, unknown>;
}

/** Somebody who is told once when a fiber ends. */
export interface Joiner extends InLine<Joiner> {
  /** Passes the end on: what else is told of a failure has not heard of it by this one. */
  readonly passive?: true;
  ended(task: TaskFields): void;
}

// What the kernel asks of a scope and of a scheduler.

/**
 * What a scope does with an end that it asked for itself, and with its children's failures:
 *
 * - `fiber`: a fiber's own, around its whole routine. Passes everything on.
 * - `scope`: being cancelled ends it quietly. A child's failure cancels the others.
 * - `supervised`: the same, but a child's failure is nobody else's matter.
 * - `shield`: no request from outside reaches it.
 */
export type ScopeKind = "fiber" | "scope" | "supervised" | "shield";

/** What the kernel asks of a scope: see scope.ts. */
export interface ScopeFields {
  readonly kind: ScopeKind;
  readonly owner: FiberFields;
  readonly outer: ScopeFields | null;
  readonly scheduler: SchedulerFields;
  /** The host's context of the run, where runs have different ones; null: none in which anything is set. */
  ambient: Ambient | null;
  /** The task in whose turns the owner runs; null for the scope of what `run` starts. */
  readonly task: TaskFields | null;
  /** The cancelling that every wait in this scope is told of; null when there is none. */
  effective: CancelRequest | null;
  /** What its owner has thrown at a wait because of `effective`. */
  thrown: Error | null;
  /** It is doing what was deferred. */
  readonly cleaning: boolean;
  /** It acquires what must not be lost. */
  readonly acquiring: boolean;
  /** So much has failed in it that nobody reads how each did. */
  readonly crowded: boolean;
  /** The outermost scope of a task's own; made when it has none. */
  ownOf(task: TaskFields): ScopeFields;
  /** The scope that a task was spawned in, and the children in those that it has opened. */
  spawnedIn(task: TaskFields): ScopeFields;
  childrenOf(task: TaskFields): TaskFields[];
  /**
   * The owner's routine has ended. Answers the frame that sees to the children and the deferred
   * clean-up; null when there are none, then the scope is closed.
   */
  release(): Frame | null;
  /** A child of this scope has ended; its bits and its slot say how. */
  childEnded(child: TaskFields): void;
  /** Ends a child of this scope that has not started, and is not to. */
  refuse(fiber: TaskFields, source: CancelSource, reason: unknown): void;
  /** Asks a child of this scope, or its owner, to end. */
  cancelFiber(fiber: TaskFields, source: CancelSource, reason: unknown, grace: number): void;
}

/** What the kernel asks of a scheduler: see scheduler.ts. */
export interface SchedulerFields {
  readonly ready: ReadySet<TaskFields>;
  readonly timers: Timers;
  readonly host: Host;
  readonly probe: Probe | null;
  /** Ticks, whole ms since the scheduler was made: now, and when the present round began. */
  now(): number;
  readonly time: number;
  /** The tick of a time on the host's clock; ticks are whole, and no deadline comes early. */
  tickAt(time: number): number;
  /** The first tick that is at least so many ms from now. */
  tickAfter(ms: number): number;
  /** A tick on the host's clock. */
  timeOf(tick: number): number;
  /** Whether anything outside can wake its fibers. */
  readonly hosted: boolean;
  /** Parked tasks that something outside may wake. */
  outside: number;
  /** What its new tasks have in their flags besides. */
  readonly taskBits: number;
  /** Its tasks run in host contexts of their own. */
  readonly contextual: boolean;
  /** Somebody looks on, or there are host contexts: it is told of every new task. */
  readonly special: boolean;
  spawned(task: TaskFields): void;
  /** Something has become ready: there will be a turn. */
  stir(): void;
  /** The same for a deadline that was added from outside every turn. */
  stirForTimer(): void;
  /** A fiber computes: fires the timers whose time has come meanwhile, looking at the clock now and then. */
  lookAtClock(): void;
  /** An error that no parent is told of. */
  unobserved(error: unknown): void;
  /** A hook threw: reports it and goes on without the probe. */
  dropProbe(error: unknown): void;
}

/** What a request to end came from. */
export type CancelSource = "fiber" | "scope" | "deadline" | "failure" | "signal" | "parent";

/**
 * A request that some work should end: who made it, and why. Every fiber that it reaches shares it, and each
 * throws a `Cancelled` of its own.
 *
 * It names no scope, because a `Cancelled` that a program keeps would then keep the scheduler and all that
 * is in it. A scope knows its request; two requests are compared, never followed.
 */
export class CancelRequest {
  readonly source: CancelSource;
  readonly reason: unknown;
  /** The fiber that was asked, where it was one fiber with all below it, and not a block. */
  readonly target: FiberFields | null;
  /** Who called `cancel`, or failed; undefined for plain code, signals and time limits. */
  readonly by: string | undefined;
  /** Of a time limit that throws: what the block waited for. */
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
 * A kind of wait: what `yield*` begins. The wait itself is looked at by the kernel before it begins and
 * when it has begun: see `park` in wait.ts.
 */
export interface WaitKind {
  /** For messages: `sleep(…)`. */
  readonly name: string;
  /** It is part of an orderly end: no request keeps a fiber from it, and none ends it. */
  readonly firm?: boolean;
  /**
   * Turns the op's argument into a wait of the task, or answers null when the outcome is known: `K.how`,
   * `K.value`. What it throws is thrown at the `yield*`.
   */
  begin(task: TaskFields, argument: any): Waiting | null;
  /** It is not going to begin: the fiber was asked to end, or the op was never run. */
  refused?(argument: any): void;
}

/** What a parked task waits for: a {@link Wait}, or the wake of a `suspend` that needs nothing more. */
export type Waiting = Wait | BareWake;

/** Ends the wait of which it is all there is: see suspend.ts. */
export type BareWake = (value: any) => void;

/** Something that a task waits for. */
export interface Wait {
  /** For people: `sleep(10 ms)`. */
  readonly what: string;
  /** The tick when it began. */
  readonly since: number;
  /** Cannot be called off, because the wait is itself part of an orderly end. */
  readonly firm?: boolean;
  /** It may be ended by something that happens outside all fibers: a promise, a callback. */
  readonly outside?: boolean;
  /** It is a `suspend` of the user's: a callback of the host may hold its wake. */
  readonly suspended?: boolean;
  /** The fibers that it waits for, where it is those that end it: for who looks for circles. */
  on?(): readonly TaskFields[];
  /**
   * Takes back what the beginning registered: called at most once, when the wait is over already, with
   * the error that ends it (undefined for a kill).
   */
  undo(error: unknown): void;
}

// What only tasks need.

/**
 * What the kernel asks of the code for tasks: see task-side.ts. The kernel does not import that code, so that
 * the bundle of a program that makes only coroutines does not contain it.
 */
export interface TaskSide {
  /** Ends the turn of the running task: `tip` has started a pause or a wait. */
  park(tip: FiberFields, phase: number): How;
  /** The routine of a task has ended. */
  endRoutine(task: TaskFields, how: How, out: unknown): How;
  /** The waiting task to whose strand a fiber belongs. */
  waitingTaskOf(fiber: FiberFields): TaskFields | null;
  /** The error if a waiting strand holds the fiber, so that only its scheduler may enter it. */
  checkHolder(target: FiberFields, verb: string): Error | null;
  /** The error if a transfer of the running fiber would leave an open scope behind. */
  checkLeaving(): Error | null;
  /** The error of a coroutine that yields or transfers while its scope is open. */
  leavesScope(fiber: FiberFields): Error;
  raiseInTask(task: TaskFields, tip: FiberFields, error: unknown): void;
  killInTask(task: TaskFields, fiber: FiberFields, end: FiberFields): void;
  postponeKill(fiber: FiberFields): boolean;
  isCancelled(error: unknown): boolean;
}

// The phases of an op.

/**
 * What the running code and the kernel say to each other. An op goes through three phases:
 *
 *   IDLE ──Fiber.yield(v)──▶ created ──yield*──▶ started ──kernel performs it──▶ IDLE
 *                                                             … later …
 *   IDLE ──kernel enters a generator──▶ DELIVER or RAISE ──the op's iterator takes it──▶ IDLE
 *
 * Code of a fiber runs with IDLE. So anything else, wherever the next op is created, says that an
 * earlier op was created and never run.
 */
export const IDLE: typeof START = START;

export const YIELD_CREATED = 8;
export const RESUME_CREATED = 9;
export const TRANSFER_CREATED = 10;
export const CALL_CREATED = 11;
/** The outcome is known without a switch: it goes back to the same frame at once. */
export const AGAIN_CREATED = 12;
/** The task goes to the back of the ready set. */
export const PAUSE_CREATED = 13;
/** The task waits: `K.begin` says for what. */
export const WAIT_CREATED = 14;

/** Added to a created op's phase when it starts. */
export const STARTED = 8;
/** Added to a created op's phase when its start needs a closer look. */
export const WATCHED = 32;
export const YIELD_STARTED: number = YIELD_CREATED + STARTED;
export const RESUME_STARTED: number = RESUME_CREATED + STARTED;
export const TRANSFER_STARTED: number = TRANSFER_CREATED + STARTED;
export const CALL_STARTED: number = CALL_CREATED + STARTED;
export const AGAIN_STARTED: number = AGAIN_CREATED + STARTED;
export const PAUSE_STARTED: number = PAUSE_CREATED + STARTED;
export const WAIT_STARTED: number = WAIT_CREATED + STARTED;

// The registers.

/** Holds the place of the root fiber until `boot`. */
const NOBODY = null as unknown as FiberFields;

class Kernel {
  /** Where the op in hand stands: see above. */
  phase: number = IDLE;
  /** The value that the op in hand carries. */
  value: unknown = undefined;
  /** How many values the caller gave; `value` is an array of them when more than one. */
  argc: number = 0;
  /** How the target is to be entered. */
  how: How = START;
  /** The fiber that the op in hand is about. */
  target: FiberFields | null = null;
  /** The frame that a call pushes, its FRAME_BITS, and its name. */
  frame: TopFrame | null = null;
  frameBits: number = 0;
  label: Label | null = null;
  /** What a wait does when it starts. */
  begin: WaitKind | null = null;

  /** Stands for plain code: always alive, never yields. */
  root: FiberFields = NOBODY;
  /** Runs a started op inside its fiber, which unwinds: see unwinding.ts, which fills it in at `boot`. */
  runInside: (fiber: FiberFields) => How = () => START;

  /** Null until the first scheduler is made. Before that, there is no task and no bit that only tasks set. */
  tasks: TaskSide | null = null;

  /** Who has control. */
  current: FiberFields = NOBODY;
  /** Whose synchronous call the innermost driver serves; control coming back to it ends the driver. */
  base: FiberFields = NOBODY;
  /** The end of the root's resume chain, valid while a fiber outside the chain runs. */
  tail: FiberFields = NOBODY;

  /** The task in its turn, and the fiber that stands for its scheduler; null outside every turn. */
  task: TaskFields | null = null;
  loop: FiberFields | null = null;
  /**
   * The scheduler that was there first, in most programs the only one, until it has no fibers left. A
   * wake takes it from here, because through the task's scope it would be one more cache miss in a
   * million tasks.
   */
  mainScheduler: SchedulerFields | null = null;

  /** How many waits of the fiber's turn have ended without a switch: see `park`. */
  atOnce: number = 0;
  /** Calls of state machines that stand on the native stack: see perform.ts. */
  nativeCalls: number = 0;

  /** Record where ops are created. */
  debug: boolean = false;
  createdAt: Error | null = null;
  /** How many want to know where fibers are spawned. */
  sites: number = 0;
}

/** The registers of this copy of the library. Nothing outside the copy can reach them. */
export const K: Kernel = new Kernel();

/** Bits of the root fiber: it runs, natively, and everything hangs on it. */
export const ROOT_FLAGS: number = RUNNING | ATTACHED | PINNED;

/** Called once, when the root fiber has been made. */
export function boot(root: FiberFields, runInside: (fiber: FiberFields) => How): void {
  K.root = K.current = K.base = K.tail = root;
  K.runInside = runInside;
}

/**
 * Calls code of the user's that is no fiber's code, and throws what it throws; then the registers are as they
 * were. An op that the code leaves in hand is dropped, or, if `misuse` is given, is the error that it makes.
 */
export function withRegistersSaved<Result>(
  call: () => Result,
  misuse: (() => Error) | null = null,
): Result {
  const { argc, begin, frame, frameBits, how, label, phase, target, task, value } = K;
  K.task = null;
  K.phase = IDLE;
  try {
    const result = call();
    if (K.phase !== IDLE && misuse !== null) throw misuse();
    return result;
  } finally {
    if (K.phase !== IDLE) clearOp();
    K.task = task;
    K.phase = phase;
    if (phase !== IDLE) {
      // An op is in hand: `spawn`, a plain call, may stand between its creation and its `yield*`.
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

/** Gives the registers back: the op in hand is not going to run. */
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
 * Whether a synchronous call is in the way of a fiber's being entered. A task waits and ends by going
 * back to its scheduler, which is below every such call.
 */
export function crosses(target: FiberFields): boolean {
  if (target === K.base) return false;
  const flags = target._flags;
  if ((flags & PINNED) !== 0) return true;
  return (flags & SCHEDULED) !== 0 && K.base !== K.loop && K.loop !== null;
}
