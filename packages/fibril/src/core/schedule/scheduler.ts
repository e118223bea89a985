/**
 * The scheduler: turns and rounds.
 *
 * The host calls the scheduler for a *turn*. A turn consists of *rounds*. In a round, every fiber that was
 * ready at its beginning runs once. A turn ends when nothing is ready, or when its budget is spent. Then
 * the host does its own work (timers, I/O, rendering), and the round goes on in the next turn.
 *
 *     host ──turn──▶ [ round ][ round ][ rou            ──turn──▶ nd ][ round ] idle: one host timer
 *                     timers   timers   budget is spent
 *
 * The loop has a fiber of its own, which takes the place of the root fiber while the loop runs (it is the
 * register `base`). So a task that waits gives control back to it as to any other fiber.
 *
 * A turn begins in a microtask as long as the host has had its own turn within the budget's time. So a
 * promise that resolves wakes its fiber as fast as it would an async function. After that time, a turn
 * begins by `host.post`; so does the turn after a burst of the host's callbacks that has called `gather`.
 */
import { MOST } from "../kernel/at-once.js";
import { FAST_PATHS } from "../kernel/fast-paths.js";
import { Fiber } from "../fiber/fiber.js";
import { InternalError } from "../kernel/errors.js";
import {
  type Call,
  DELIVER,
  RAISE,
  SUSPEND,
  type TopFrame,
  generatorNext,
} from "../kernel/frame.js";
import type { Context, Host, Idle } from "../kernel/host.js";
import { enterTurn, leaveTurn } from "../kernel/interrupted.js";
import { dropOp, notRun } from "../kernel/op-misuse.js";
import type { Probe } from "../kernel/probe.js";
import {
  type FiberFields,
  IDLE,
  K,
  ROOT_FLAGS,
  type SchedulerFields,
  type TaskFields,
} from "../kernel/registers.js";
import {
  CALLED,
  GENERATOR,
  OTHER_SCHEDULER,
  PARKED,
  PAUSED,
  RAISES,
  READY,
  TASK_KEEPS,
  TASK_READY,
  TERMINATED,
} from "../kernel/state.js";
import { driveOn } from "../kernel/switch.js";
import { endTask } from "../kernel/task-end.js";
import { installTaskSide } from "../kernel/task-side.js";
import { takeGiven, waitOf } from "../kernel/wait-slot.js";
import { callUserCode, tell } from "../kernel/wall.js";
import type { ReadySet } from "../ready/ready-set.js";
import { Timers } from "../ready/timers.js";
import { untold } from "../scope/failures.js";
import { OpenScope } from "../scope/scope.js";
import { Actors } from "./actors.js";
import { Ambience } from "./ambience.js";
import { endDeadlock } from "./deadlock.js";
import { HostTimer } from "./host-timer.js";
import { sweepMachines } from "./sweep-machines.js";
import { TurnBudget } from "./turn-budget.js";
import { TURN, ended, enter, firstTurn, leave } from "./turn.js";

/** A task that has a host context of its own: see task.ts. */
interface Contextual {
  readonly context: Context;
}

/** How long the fibers may keep the host from its own work: a turn ends at the first limit that it reaches. */
export interface Budget {
  /** Milliseconds per turn. */
  readonly ms: number;
  /** Switches per turn. */
  readonly switches: number;
}

/** The most calls of `checkpoint` for one look at the clock, which costs as much as two switches. */
const LOOK_SELDOM = 32;

export class Scheduler implements SchedulerFields, Idle {
  readonly host: Host;
  readonly ready: ReadySet<TaskFields>;
  readonly timers: Timers;
  readonly budget: Budget;
  probe: Probe | null;
  /** The tick at which the round began. */
  time: number;
  /** The scope of the fibers that `run` starts. */
  readonly root: OpenScope;
  /** Additional flags of its new tasks. */
  taskBits: number;
  /** How many waiting tasks something outside may wake. */
  outside: number;
  mostAtOnce: number;
  atOnceAt: number;
  /** Whatever outside may still end its runs. */
  readonly acting: Actors;
  /** Whether anything outside can wake its fibers. */
  readonly hosted: boolean;
  /** Its tasks run in host contexts of their own. */
  readonly contextual: boolean;
  /** The contexts of its runs. */
  private readonly ambience: Ambience | null;
  /** There is a probe, or there are host contexts: every turn takes the slower loop. */
  special: boolean;

  private readonly epoch: number;
  private readonly turnBudget: TurnBudget;
  private readonly loop: FiberFields;
  private turning: boolean;
  private posted: boolean;
  private inRound: boolean;
  private readonly timer: HostTimer;
  /** When the host last had its own turn, as far as is known. */
  private hostTime: number;
  /** How many turns began since then. */
  private prompt: number;
  /** How many calls of `checkpoint` remain until the clock is read, and how many there were last time. */
  private looks: number;
  private lookEvery: number;
  private readonly turn: () => void;
  private readonly hostTurn: () => void;
  private readonly go: () => void;
  private readonly alike: () => void;
  readonly gather: () => void;

  constructor(
    host: Host,
    ready: ReadySet<TaskFields>,
    budget: Budget,
    probe: Probe | null,
    contexts: boolean,
  ) {
    installTaskSide();
    this.host = host;
    this.ready = ready;
    this.timers = new Timers();
    this.budget = budget;
    this.probe = probe;
    this.time = 0;
    this.outside = 0;
    this.mostAtOnce = MOST;
    this.atOnceAt = Number.POSITIVE_INFINITY; // nothing was slow before the first reading
    this.acting = new Actors(host);
    this.hosted = host.offline !== true;
    this.contextual = contexts && host.context !== undefined;
    const ambients = this.contextual ? undefined : host.ambients;
    this.ambience =
      ambients === undefined ? null : new Ambience(ready, ambients, () => this.look());
    this.special = this.contextual || probe !== null;
    this.epoch = host.now();
    this.turnBudget = new TurnBudget();
    this.loop = new Fiber(function* scheduler() {}, { storage: null });
    this.loop._flags = ROOT_FLAGS;
    this.loop._frame = null;
    this.root = new OpenScope("supervised", this, this.loop, null, null);
    this.turning = false;
    this.posted = false;
    this.inRound = false;
    this.hostTime = Number.NEGATIVE_INFINITY;
    this.prompt = 0;
    this.looks = 0;
    this.lookEvery = 1;
    this.taskBits = OTHER_SCHEDULER;
    this.go = () => this.goOn();
    this.alike = () => this.sweepAlike();
    this.turn = () => this.takeTurn();
    this.gather = () => {
      if (this.turning || this.posted) return;
      this.posted = true;
      this.host.post(this.hostTurn);
    };
    this.hostTurn = () => {
      this.posted = false; // first, because the host may throw below
      this.prompt = 0;
      this.takeTurn();
      // The turn has read the clock when it began. Nothing looks at this before it has ended.
      this.hostTime = this.turnBudget.at;
    };
    this.timer = new HostTimer(host, () => {
      if (!this.posted) this.hostTurn();
    });
  }

  get live(): number {
    return this.ready.live;
  }

  get actors(): number {
    return this.acting.count;
  }

  now(): number {
    return Math.floor(this.host.now() - this.epoch);
  }

  /** The tick of a time on the host's clock, rounded up, so that no deadline comes early. */
  tickAt(time: number): number {
    return Math.ceil(time - this.epoch);
  }

  tickAfter(ms: number): number {
    return Math.ceil(this.host.now() - this.epoch + ms);
  }

  /** A tick as a time on the host's clock. */
  timeOf(tick: number): number {
    return this.epoch + tick;
  }

  stir(): void {
    if (this.turning || this.posted) return;
    this.posted = true;
    const { ms, switches } = this.budget;
    // Both limits, because a clock that stands still never reaches a time limit.
    if (++this.prompt < switches && this.host.now() - this.hostTime < ms) {
      void READY_NOW.then(this.turn);
    } else this.host.post(this.hostTurn);
  }

  /**
   * Called by `checkpoint`: fires the timers that have become due while a fiber computes. The first call of
   * a turn reads the clock, the later ones less and less often as long as the fiber is quick between them.
   * So a loop of a microsecond per call pays little, and one of a millisecond is still cancelled in time.
   */
  lookAtClock(): void {
    if (this.timers.size === 0 || --this.looks > 0) return;
    const now = this.now();
    this.lookEvery = now === this.time ? Math.min(LOOK_SELDOM, this.lookEvery * 2) : 1;
    this.looks = this.lookEvery;
    this.time = now;
    if (this.timers.next() <= now) this.timers.advance(now);
  }

  /** Runs until nothing is ready, without the host. */
  drain(): void {
    while (this.turnOnce());
  }

  /** A run begins: its first task is about to be spawned. */
  open(): void {
    activeSchedulers.add(this);
    if (K.mainScheduler === null) this.settle();
  }

  /** The run's first task has been spawned. */
  opened(task: TaskFields): void {
    this.ambience?.joined(task, this.turning);
  }

  /** The last fiber has ended, or `runSync` gives up what is left. */
  close(): void {
    this.timer.clear();
    activeSchedulers.delete(this);
    this.ambience?.clear();
    // A `runSync` that failed may leave fibers, which may still be woken.
    if (K.mainScheduler !== this || this.ready.live > 0) return;
    K.mainScheduler = null;
    this.taskBits = OTHER_SCHEDULER;
  }

  /** Becomes the main scheduler: from here on its new tasks are woken the fast way. */
  private settle(): void {
    K.mainScheduler = this;
    this.taskBits = 0;
  }

  private takeTurn(): void {
    this.posted = false;
    if (this.turning) return;
    if (this.ready.live === 0) this.close();
    else if (this.ambience === null) this.goOn();
    else this.ambience.enter(this.go);
  }

  private goOn(): void {
    if (this.turnOnce()) {
      this.posted = true;
      this.host.post(this.hostTurn);
      return;
    }
    if (this.ready.live === 0) {
      this.close();
      return;
    }
    const next = this.timers.next();
    this.timer.waitFor(next, this);
    if (next === Number.POSITIVE_INFINITY) this.acting.hold();
    this.host.onIdle?.(this);
  }

  /** Runs a turn. Answers whether something is still ready. */
  private turnOnce(): boolean {
    if (K.phase !== IDLE) throw notRun();
    this.acting.release();
    if (K.mainScheduler === null) this.settle();
    enterTurn(this.loop, this.mostAtOnce);
    this.turning = true;
    try {
      return this.rounds();
    } finally {
      this.turning = false;
      leaveTurn();
    }
  }

  private rounds(): boolean {
    const { budget, host, ready, timers, turnBudget } = this;
    turnBudget.begin(host, budget.ms, budget.switches);
    for (;;) {
      if (!this.inRound && ready.size === 0) {
        if (timers.size === 0) return false;
        // There is nothing else to do, so a timer must not wait for the next look at the clock.
        turnBudget.now = host.now();
      }
      // The time of the turn budget's last look at the clock. A look costs as much as two switches, and a round
      // may be a single switch. The budget looks often where switches take long.
      this.time = Math.floor(turnBudget.now - this.epoch);
      this.looks = 0;
      if (timers.size !== 0 && timers.next() <= this.time) timers.advance(this.time);
      if (!this.inRound && ready.beginRound() === 0) return false;
      this.inRound = true;
      try {
        if (this.special || !FAST_PATHS) this.sweepWatched();
        else this.sweep();
      } catch (fault) {
        this.mend(fault);
      }
      K.current = this.loop;
      K.task = null;
      if (this.inRound) return true;
    }
  }

  /**
   * Handles an error that a round has thrown. A fiber's own errors are thrown in the fiber, and program code
   * that is called between fibers has a wall around it (wall.ts). So such an error is a fault of the
   * library, or of a ready set that the program supplies. The fiber in whose turn it came fails with it;
   * all others go on. What the host throws between turns goes back to the host.
   */
  private mend(fault: unknown): void {
    const { task } = K;
    if (task === null || (task._flags & (READY | PARKED | TERMINATED)) !== 0) throw fault;
    if (K.phase !== IDLE) dropOp(null);
    const error = new InternalError("or in a policy of the program's, in a fiber's turn", fault);
    this.report(error);
    endTask(task, RAISES, error);
  }

  /**
   * Runs the round, or as much of it as the budget allows.
   *
   * The turn of a generator that goes on where it left off is written out here in one piece, because at a
   * million fibers a switch has fifty nanoseconds. State machines have a loop of their own, which returns here
   * with the first other task.
   *
   * Copies: `enter` in turn.ts, and `drive`.
   */
  private sweep(): void {
    const { turnBudget, host, ready } = this;
    let { left, look } = turnBudget;
    for (;;) {
      if (left <= look) {
        if (turnBudget.spent(host, left)) return;
        ({ look } = turnBudget);
      }
      let task: TaskFields | null | undefined = ready.next();
      if (task !== null && (task._flags & ~TASK_KEEPS) === TASK_READY) {
        turnBudget.left = left;
        task = sweepMachines(ready, turnBudget, task);
        ({ left } = turnBudget);
        if (task === undefined) continue;
      }
      if (task === null) {
        this.inRound = false;
        turnBudget.left = left;
        return;
      }
      left--;
      const flags = task._flags;
      if ((flags & ~(TASK_KEEPS | GENERATOR)) !== TASK_READY) {
        firstTurn(ready, task, flags);
        continue;
      }
      const running = (flags & ~PAUSED) ^ TURN;
      const frame = task._frame;
      const top = ((flags & CALLED) === 0 ? frame : (frame as Call).frame) as TopFrame;
      const value = takeGiven(task);
      task._flags = running;
      K.current = K.task = task;
      K.atOnce = 0;
      K.phase = DELIVER;
      let result: IteratorResult<unknown>;
      try {
        result = generatorNext.call(top, value);
      } catch (error) {
        driveOn(task, RAISE, error);
        continue;
      }
      if (result.value === SUSPEND) {
        if (task._flags === running && leave(ready, task, flags)) continue;
      } else if (ended(task, running, result)) continue;
      driveOn(task, DELIVER, result);
    }
  }

  /** The same as `sweep`, but calls the probe, and runs each turn in its host context. */
  private sweepWatched(): void {
    const { ambience } = this;
    if (ambience === null) this.sweepAlike();
    else ambience.sweep(this.alike);
  }

  /** Runs tasks as long as they belong to the same context; the first of another is left to `ambience`. */
  private sweepAlike(): void {
    const { turnBudget, ambience, host, ready } = this;
    for (;;) {
      let task = ambience === null ? null : ambience.take();
      if (task === null) {
        if (turnBudget.left <= turnBudget.look && turnBudget.spent(host, turnBudget.left)) return;
        task = ready.next();
        if (task === null) {
          this.inRound = false;
          return;
        }
        turnBudget.left--;
        if (ambience?.differs(task) === true) return;
      }
      if (this.probe !== null) {
        tell(this, "resume", task);
        if ((task._flags & TERMINATED) !== 0) continue; // the hook has killed it before its start
      }
      if (this.contextual) (task as unknown as Contextual).context(() => enter(task));
      else enter(task);
      K.current = this.loop;
    }
  }

  /** Called for each new task of a scheduler that is `special`. */
  spawned(task: TaskFields): void {
    tell(this, "spawn", task, task._scope.task ?? undefined);
  }

  /** Something has changed that `special` depends on. */
  look(): void {
    this.special = this.contextual || this.probe !== null || this.ambience?.mixed === true;
  }

  dropProbe(error: unknown): void {
    this.probe = null;
    this.look();
    this.report(error);
  }

  /** An error that no parent receives: reports it to the host. An error of several fibers is reported once. */
  unobserved(error: unknown): void {
    for (const left of untold(error, REPORTED)) this.report(left);
  }

  /** Reports to the host. If the host's `report` throws, its error becomes an unhandled rejection; the fibers go on. */
  private report(error: unknown): void {
    try {
      callUserCode(() => this.host.report(error));
    } catch (fault) {
      // oxlint-disable-next-line promise/no-promise-in-callback -- it must stay unhandled
      void Promise.reject(fault);
    }
  }

  /** A deadline was added from outside every turn: the host's timer may be too late for it. */
  stirForTimer(): void {
    if (!this.turning) this.stir();
  }

  get called(): boolean {
    for (const task of this.ready) if (waitOf(task)?.outside === true) return true;
    return false;
  }

  get untilDeadline(): number {
    const next = this.timers.next();
    return next === Number.POSITIVE_INFINITY ? next : this.timeOf(next) - this.host.now();
  }

  /** Nothing will ever wake its fibers: see deadlock.ts. */
  deadlock(): void {
    if (this.ready.live === 0 || this.actors > 0) return;
    endDeadlock(this.ready, this.root.snapshot(), this.told);
    this.stir();
  }

  private readonly told = new WeakSet<TaskFields>();
}

const REPORTED = new WeakSet<object>();
const READY_NOW: Promise<void> = Promise.resolve();

/**
 * The schedulers that have fibers, for tools that look at all fibers. A scheduler is in the set from the
 * start of its first fiber to the turn after the end of its last one.
 */
export const activeSchedulers: Set<Scheduler> = new Set();
