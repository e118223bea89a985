/**
 * A host that a test moves by hand: time passes only when the test says so, and everything happens
 * within the call that moves it. `play` runs a program to its end this way, and checks what has to
 * hold after any program.
 */
import assert from "node:assert/strict";
import {
  type Budget,
  type End,
  Fiber,
  type Host,
  type Idle,
  monitor,
  type Policy,
  type Probe,
  type Routine,
  run,
} from "fibril";
import { K, ROOT_FLAGS } from "#core/kernel/registers";
import type { Scheduler } from "#core/schedule/scheduler";
import type { AnyFiber } from "./body.ts";

/** Turns of the host; more than any test needs. */
const MANY = 2_000_000;

export class ManualHost implements Host {
  time: number;
  /** Milliseconds that each turn takes, for programs that never wait for time. */
  turn: number;
  readonly reported: unknown[];
  private timer: { readonly at: number; readonly callback: () => void } | undefined;
  private readonly posted: (() => void)[];
  private idle: Idle | undefined;

  constructor(turn = 0) {
    this.time = 0;
    this.turn = turn;
    this.reported = [];
    this.timer = undefined;
    this.posted = [];
    this.idle = undefined;
  }

  now(): number {
    return this.time;
  }

  setTimer(callback: () => void, ms: number): unknown {
    assert.equal(this.timer, undefined, "a scheduler has one timer at most");
    this.timer = { at: this.time + ms, callback };
    return this.timer;
  }

  clearTimer(timer: unknown): void {
    if (timer === this.timer) this.timer = undefined;
  }

  post(callback: () => void): void {
    this.posted.push(callback);
  }

  onIdle(idle: Idle): void {
    this.idle = idle;
  }

  report(error: unknown): void {
    this.reported.push(error);
  }

  /** One step: a posted turn, or else the next timer. Answers false when there is neither. */
  step(): boolean {
    const turn = this.posted.shift();
    if (turn !== undefined) {
      this.time += this.turn;
      turn();
      return true;
    }
    const { timer } = this;
    if (timer === undefined) return false;
    this.time = Math.max(this.time, timer.at);
    this.timer = undefined;
    timer.callback();
    return true;
  }

  /** Everything that happens until `ms` milliseconds have passed. */
  advance(ms: number): void {
    const until = this.time + ms;
    while (
      this.posted.length > 0
        ? this.turn === 0 || this.time < until
        : this.timer !== undefined && this.timer.at <= until
    ) {
      this.step();
    }
    this.time = Math.max(this.time, until);
  }

  /** Everything until nothing is left to do; fibers that can never wake get a DeadlockError. */
  finish(): void {
    for (let steps = 0; ; steps++) {
      while (this.step())
        if (++steps > MANY) throw new Error("the program does not come to an end");
      const { idle } = this;
      this.idle = undefined;
      if (idle === undefined || idle.live === 0) return;
      idle.deadlock();
    }
  }
}

/** No microtasks: with a budget of no time every turn is posted. */
export const BY_HAND: Budget = { ms: 0, switches: 1 << 20 };

export interface PlayOptions {
  readonly host?: ManualHost;
  readonly policy?: Policy | undefined;
  readonly probe?: Probe<Fiber>;
  readonly signal?: AbortSignal;
  /** Errors that the program is meant to report to its host; none by default. */
  readonly reports?: readonly unknown[];
}

export interface Played<Result> {
  readonly fiber: AnyFiber;
  readonly end: End;
  readonly host: ManualHost;
  readonly result: Result;
}

/** Starts a program on a host by hand. The scheduler is its own. */
export function begin<Result>(
  { host = new ManualHost(), policy, probe, signal }: PlayOptions,
  routine: () => Routine<Result>,
): { host: ManualHost; fiber: AnyFiber; scheduler: Scheduler; promise: Promise<Result> } {
  const started = run(
    {
      host,
      budget: BY_HAND,
      ...(policy === undefined ? {} : { policy }),
      ...(probe === undefined ? {} : { probe }),
      ...(signal === undefined ? {} : { signal }),
    },
    routine,
  );
  started.catch(() => {});
  const fiber: AnyFiber = started.fiber;
  const scheduler = (fiber as never as { _scope: { scheduler: Scheduler } })._scope.scheduler;
  return { host, fiber, scheduler, promise: started };
}

/** Runs a program to its end in virtual time; says how it ended. */
export function outcome<Result>(
  options: PlayOptions,
  routine: () => Routine<Result>,
): Played<Result> {
  const { host, fiber, scheduler } = begin(options, routine);
  const ends: End[] = [];
  monitor(fiber, (end) => ends.push(end));
  host.finish();
  assert.equal(ends.length, 1, "the program has ended, once");
  checkIdle(scheduler);
  assert.deepEqual(host.reported, options.reports ?? [], "what was reported to the host");
  const end = ends[0] as End;
  return { fiber, end, host, result: end.value as Result };
}

/** Runs a program to its end in virtual time; gives its result, or throws its error. */
export function play<Result>(routine: () => Routine<Result>, options: PlayOptions = {}): Result {
  const { end, fiber } = outcome(options, routine);
  if (end.ending === "returned") return end.value as Result;
  throw end.ending === "killed" ? new Error(`${fiber.name} was killed`) : end.value;
}

/** What has to hold whenever a scheduler has nothing left. */
export function checkIdle(scheduler: Scheduler): void {
  assert.equal(scheduler.ready.live, 0, "every fiber has ended");
  assert.equal(scheduler.ready.size, 0, "none is ready");
  assert.equal(scheduler.timers.size, 0, "no timer is left");
  assert.equal(scheduler.outside, 0, "nothing outside is waited for");
  assert.equal(scheduler.root.first, null, "the root scope has no children");
  checkKernel();
}

/** The kernel's registers outside of every fiber. */
export function checkKernel(): void {
  const { base, current, interrupted, loop, phase, root, task } = K;
  const { value, frame, label, begin } = K;
  assert.ok(current === root && base === root, "plain code has control");
  assert.ok(task === null && loop === null, "no task has its turn");
  assert.equal(interrupted, null, "no turn is interrupted");
  assert.deepEqual([phase, value, frame, label, begin], [0, undefined, null, null, null]);
  assert.equal(root._flags & ~ROOT_FLAGS, 0, "the root's bits");
  assert.equal(root._resuming, null);
}

/** What a program says as it goes along. */
export class Log {
  readonly lines: string[] = [];

  say(line: string): void {
    this.lines.push(line);
  }

  /** A pattern stands for a line in which something differs from run to run. */
  is(expected: readonly (string | RegExp)[]): void {
    const lines = this.lines.map((line, index) => {
      const pattern = expected[index];
      return pattern instanceof RegExp && pattern.test(line) ? pattern : line;
    });
    assert.deepEqual(lines, expected);
  }
}
