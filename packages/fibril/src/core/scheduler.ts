/**
 * The scheduler: turns and rounds.
 *
 * The host gives a *turn*; a turn does *rounds*; in a round every fiber that was ready when it began
 * runs once. A turn ends when nothing is ready, or when its budget is spent: then the host has its
 * own turn (timers, I/O, rendering) and the round goes on in the next one.
 *
 *     host ──turn──▶ [ round ][ round ][ rou            ──turn──▶ nd ][ round ] idle: one host timer
 *                     timers   timers   budget is spent
 *
 * The loop stands for the root: it has a fiber of its own, which is the base while it runs, so a task
 * that waits gives control to it as to any other fiber.
 *
 * A turn is begun from a microtask as long as the host has had its own within the budget's time, so
 * that a promise that resolves wakes its fiber as fast as it would an async function; after that, by
 * `host.post`.
 */
import { active } from "./active.js";
import { Allowance } from "./allowance.js";
import { deadlockOf } from "./deadlock.js";
import { needsHost } from "./errors.js";
import { untold } from "./failures.js";
import { Fiber } from "./fiber.js";
import type { Call, Frame, TopFrame } from "./frame.js";
import * as frames from "./frame.js";
import type { Host, Idle } from "./host.js";
import type { FiberFields, SchedulerFields, TaskFields } from "./kernel.js";
import * as kernel from "./kernel.js";
import { notRun } from "./op.js";
import { type Probe, tell } from "./probe.js";
import type { ReadySet } from "./ready-set.js";
import { ScopeCore } from "./scope.js";
import { force, forceScope } from "./spread.js";
import * as state from "./state.js";
import { Away, tipOf, waitOf } from "./strand.js";
import { drive, driveOn, howToEnter } from "./switch.js";
import type { ContextTask } from "./task.js";
import { Timer, Timers } from "./timers.js";
import { innermost, interrupt } from "./wait.js";

const { generatorNext, SUSPEND } = frames;
const { IDLE, K, PAUSE_STARTED, ROOT_FLAGS } = kernel;
const {
  ARGUMENT_BITS,
  AWAY,
  BEGIN,
  CALLED,
  DELIVER,
  ELSEWHERE,
  FRESH,
  GENERATOR,
  LEFT,
  ONE_ARGUMENT,
  PARKED,
  PINNED,
  RAISE,
  RAISES,
  READY,
  RUNNING,
  TASK_KEEPS,
  TASK_READY,
} = state;

/** What a turn changes in a task's flags, there and back. */
const TURN: number = LEFT | READY | RUNNING;

/** How long the fibers may keep the host from its own work. */
export interface Budget {
  /** Milliseconds of a turn. */
  readonly ms: number;
  /** Switches of a turn. */
  readonly switches: number;
}

/** Waits that ended without a switch, in a row: then the fiber gives way all the same. */
const AT_ONCE = 1000;

export class Scheduler implements SchedulerFields, Idle {
  readonly host: Host;
  readonly ready: ReadySet<TaskFields>;
  readonly timers: Timers;
  readonly budget: Budget;
  probe: Probe | null;
  /** The tick when the round began. */
  time: number;
  /** The scope of what `run` starts. */
  readonly root: ScopeCore;
  /** What its tasks have in their flags besides. */
  readonly taskBits: number;
  /** Parked tasks that something outside may wake. */
  outside: number;
  /** Whether anything outside can wake its fibers. */
  readonly hosted: boolean;
  /** Its tasks run in host contexts of their own. */
  readonly contextual: boolean;
  /** Somebody looks on, or there are host contexts: every turn takes the long way. */
  special: boolean;

  private readonly epoch: number;
  private readonly allowance: Allowance;
  private readonly loop: FiberFields;
  private turning: boolean;
  private posted: boolean;
  private inRound: boolean;
  private timer: unknown;
  /** When the host is known to have had its turn. */
  private hostTime: number;
  /** Turns that were begun since then. */
  private prompt: number;
  private immediate: number;
  private readonly turn: () => void;
  private readonly hostTurn: () => void;

  constructor(
    host: Host,
    ready: ReadySet<TaskFields>,
    budget: Budget,
    probe: Probe | null,
    contexts: boolean,
  ) {
    this.host = host;
    this.ready = ready;
    this.timers = new Timers();
    this.budget = budget;
    this.probe = probe;
    this.time = 0;
    this.outside = 0;
    this.hosted = host.offline !== true;
    this.contextual = contexts && host.context !== undefined;
    this.special = this.contextual || probe !== null;
    this.epoch = host.now();
    this.allowance = new Allowance();
    this.loop = new Fiber(function* scheduler() {}, { storage: null });
    this.loop._flags = ROOT_FLAGS;
    this.loop._frame = null;
    this.root = new ScopeCore("supervised", this, this.loop, null, null);
    this.turning = false;
    this.posted = false;
    this.inRound = false;
    this.timer = undefined;
    this.hostTime = Number.NEGATIVE_INFINITY;
    this.prompt = 0;
    this.immediate = 0;
    this.taskBits = K.home === null ? 0 : ELSEWHERE;
    K.home ??= this;
    this.turn = () => this.takeTurn();
    this.hostTurn = () => {
      this.hostTime = this.host.now();
      this.prompt = 0;
      this.takeTurn();
    };
  }

  get live(): number {
    return this.ready.live;
  }

  now(): number {
    return Math.floor(this.host.now() - this.epoch);
  }

  /** The tick of a time on the host's clock; ticks are whole, and no deadline comes early. */
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
    // Both limits, because under a clock that stands still no time is ever over.
    if (++this.prompt < switches && this.host.now() - this.hostTime < ms) {
      void READY_NOW.then(this.turn);
    } else this.host.post(this.hostTurn);
  }

  atOnce(): boolean {
    return ++this.immediate % AT_ONCE !== 0;
  }

  /** Runs until nothing is ready, without the host. */
  drain(): void {
    while (this.turnOnce());
  }

  private takeTurn(): void {
    this.posted = false;
    if (this.turning) return;
    if (this.ready.live === 0) {
      active.delete(this);
      return;
    }
    if (this.turnOnce()) {
      this.posted = true;
      this.host.post(this.hostTurn);
      return;
    }
    if (this.ready.live === 0) {
      active.delete(this);
      return;
    }
    const { untilDeadline } = this;
    if (untilDeadline !== Number.POSITIVE_INFINITY) {
      this.timer = this.host.setTimer(this.hostTurn, Math.max(0, untilDeadline));
    }
    this.host.onIdle?.(this);
  }

  /** Answers whether something is still ready. */
  private turnOnce(): boolean {
    if (K.phase !== IDLE) throw notRun();
    if (this.timer !== undefined) {
      this.host.clearTimer(this.timer);
      this.timer = undefined;
    }
    const { base, current, loop, tail, task } = K;
    const pinned = current._flags & PINNED;
    current._flags |= PINNED;
    K.base = K.current = K.loop = this.loop;
    this.turning = true;
    try {
      return this.rounds();
    } finally {
      this.turning = false;
      K.base = base;
      K.current = current;
      K.loop = loop;
      K.tail = tail;
      K.task = task;
      current._flags = (current._flags & ~PINNED) | pinned;
    }
  }

  private rounds(): boolean {
    const { budget, host, ready, timers } = this;
    this.allowance.begin(host, budget.ms, budget.switches);
    this.immediate = 0;
    for (;;) {
      this.time = this.now();
      if (timers.size !== 0 && timers.next() <= this.time) timers.advance(this.time);
      if (!this.inRound && ready.beginRound() === 0) return false;
      this.inRound = true;
      if (this.special) this.sweepWatched();
      else this.sweep();
      K.current = this.loop;
      K.task = null;
      if (this.inRound) return true;
    }
  }

  /**
   * Runs the round, or as much of it as the budget allows.
   *
   * What stands here in full is the turn of a fiber that gives way again, in one piece, because at a million fibers a switch has fifty nanoseconds: it does what `enter`
   * and the loop in switch.ts would do.
   */
  private sweep(): void {
    const { allowance, host, ready } = this;
    let { left, look } = allowance;
    for (;;) {
      if (left <= look) {
        if (allowance.spent(host, left)) return;
        ({ look } = allowance);
      }
      const task = ready.next();
      if (task === null) {
        this.inRound = false;
        allowance.left = left;
        return;
      }
      left--;
      const flags = task._flags;
      if ((flags & ~(TASK_KEEPS | GENERATOR)) !== TASK_READY) {
        this.enter(task);
        continue;
      }
      const running = flags ^ TURN;
      const frame = task._frame;
      const top = ((flags & CALLED) === 0 ? frame : (frame as Call).frame) as TopFrame;
      const value = task._wait;
      task._wait = undefined;
      task._flags = running;
      K.current = K.task = task;
      if ((flags & GENERATOR) === 0) {
        this.turnOfMachine(task, flags, top as Frame, value);
        continue;
      }
      K.phase = DELIVER;
      let result: IteratorResult<unknown>;
      try {
        result = generatorNext.call(top, value);
      } catch (error) {
        driveOn(task, RAISE, error);
        continue;
      }
      if (result.value === SUSPEND && K.phase === PAUSE_STARTED && task._flags === running) {
        K.phase = IDLE;
        task._flags = flags;
        ready.add(task);
      } else {
        driveOn(task, DELIVER, result);
      }
    }
  }

  /** The same for a fiber that runs in a state machine: the task has been made the running one. */
  private turnOfMachine(task: TaskFields, flags: number, top: Frame, value: unknown): void {
    let out: unknown;
    try {
      out = top.code(top, DELIVER, value);
    } catch (error) {
      driveOn(task, RAISE, error);
      return;
    }
    if (out === SUSPEND && K.phase === PAUSE_STARTED && task._flags === (flags ^ TURN)) {
      K.phase = IDLE;
      task._flags = flags;
      this.ready.add(task);
    } else {
      driveOn(task, DELIVER, out);
    }
  }

  /** The turn of any task. */
  private enter(task: TaskFields): void {
    const flags = task._flags;
    let value = task._wait;
    let tip: FiberFields = task;
    K.task = task;
    task._flags = flags & ~(READY | RAISES | FRESH | ARGUMENT_BITS);
    task._wait = undefined;
    if ((flags & AWAY) !== 0) {
      const away = value as Away;
      task._flags &= ~AWAY;
      tip = away.tip;
      value = away.value;
      K.tail = away.tail;
    }
    tip._flags = (tip._flags & ~(LEFT | PARKED)) | RUNNING;
    K.current = tip;
    if ((flags & FRESH) !== 0) {
      K.argc = (flags & ARGUMENT_BITS) === 0 ? 0 : (flags & ONE_ARGUMENT) === 0 ? 2 : 1;
      drive(BEGIN, value);
    } else {
      drive(howToEnter(tip, (flags & RAISES) === 0 ? DELIVER : RAISE), value);
    }
  }

  /** The same as `sweep`, telling the probe, and each turn in its host context. */
  private sweepWatched(): void {
    const { allowance, host, ready } = this;
    for (;;) {
      if (allowance.left <= allowance.look && allowance.spent(host, allowance.left)) return;
      const task = ready.next();
      if (task === null) {
        this.inRound = false;
        return;
      }
      allowance.left--;
      tell(this, "resume", task);
      if (this.contextual) (task as ContextTask).context(() => this.enter(task));
      else this.enter(task);
      K.current = this.loop;
    }
  }

  /** What a special scheduler does for a new task. */
  spawned(task: TaskFields): void {
    tell(this, "spawn", task, task._scope.task ?? undefined);
  }

  dropProbe(error: unknown): void {
    this.probe = null;
    this.special = this.contextual;
    this.host.report(error);
  }

  /** An error that no parent is told of. What several fibers failed with is told of once. */
  unobserved(error: unknown): void {
    for (const left of untold(error, REPORTED)) this.host.report(left);
  }

  /** A grace needs a clock that moves, except when there is none to pass. */
  checkGrace(ms: number): void {
    if (!this.hosted && ms > 0 && ms < Number.POSITIVE_INFINITY) throw needsHost("a grace period");
  }

  /** After so many milliseconds what is left in a cancelled scope is unwound without more waiting. */
  giveGrace(scope: ScopeCore, ms: number): void {
    if (ms === Number.POSITIVE_INFINITY) return;
    const { timer } = scope;
    const at = this.tickAfter(ms);
    if (timer instanceof Grace && timer.at <= at) return;
    if (timer !== null) this.timers.remove(timer);
    scope.timer = new Grace(scope);
    this.timers.add(scope.timer, at);
    this.stirForTimer();
  }

  /** A deadline was added from outside every turn: the host's timer may be too late for it. */
  stirForTimer(): void {
    if (!this.turning) this.stir();
  }

  get untilDeadline(): number {
    const next = this.timers.next();
    return next === Number.POSITIVE_INFINITY ? next : this.timeOf(next) - this.host.now();
  }

  /**
   * Each root fiber is told by an error in place of what it waits for, so that clean-up runs and the
   * run's promise says what happened. A tree that was told and came to a standstill again is unwound.
   */
  deadlock(): void {
    if (this.ready.live === 0) return;
    const error = deadlockOf(this.ready);
    for (const task of this.root.snapshot()) {
      if (this.told.has(task)) {
        force(task);
        continue;
      }
      this.told.add(task);
      const wait = waitOf(task);
      if (wait?.firm === true) (innermost(task, tipOf(task)) as ScopeCore).fail(error);
      else interrupt(task, RAISE, error);
    }
    this.stir();
  }

  private readonly told = new WeakSet<TaskFields>();
}

const REPORTED = new WeakSet<object>();
const READY_NOW: Promise<void> = Promise.resolve();

class Grace extends Timer {
  readonly scope: ScopeCore;

  constructor(scope: ScopeCore) {
    super();
    this.scope = scope;
  }

  fire(): void {
    const { kind, task } = this.scope;
    if (kind !== "fiber") forceScope(this.scope);
    else if (task !== null) force(task);
  }
}
