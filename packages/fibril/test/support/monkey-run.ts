/** Runs a program whose user code misbehaves, checking what has to hold after each turn and at the end. */
import assert from "node:assert/strict";
import {
  Cancelled,
  daemon,
  type Deadline,
  defer,
  dump,
  type End,
  Fiber,
  FiberError,
  fifo,
  locality,
  monitor,
  moveOnAfter,
  type Op,
  park,
  type Probe,
  type Routine,
  runSync,
  scope,
  type Scope,
  seeded,
  shield,
  sleep,
  spawn,
  started,
  supervised,
  suspend,
  unpark,
  until,
  yieldNow,
} from "fibril";
import { InternalError } from "#core/kernel/errors";
import type { TaskFields } from "#core/kernel/registers";
import { WaitQueue } from "#core/kernel/wait-queue";
import type { AnyFiber } from "./body.ts";
import { checkScheduler } from "./invariants.ts";
import { begin, checkIdle, ManualHost } from "./manual-host.ts";
import { hostile, isCancelled, named, parts } from "./hostile.ts";
import { type Body, type Deed, type Prank, type Program, VIOLENT, type Waiting } from "./monkey.ts";

/** More turns than any program needs, and enough pranks. */
const MANY = 5_000;
const PRANKS = 150;
const DEEDS = 400;

interface Answers {
  wake(value: unknown): void;
  fail(error: unknown): void;
}

export class Monkey {
  private readonly program: Program;
  private readonly fibers: AnyFiber[] = [];
  private readonly scopes: Scope[] = [];
  private readonly limits: Deadline[] = [];
  private readonly answers: Answers[] = [];
  private readonly queue: WaitQueue<number> = new WaitQueue("a turn");
  private readonly controller: AbortController = new AbortController();
  /** Everything that the program threw, and where it came out. */
  private readonly thrown: Set<unknown> = new Set();
  private readonly seen: Set<unknown> = new Set();
  private pranks = 0;
  private deeds = 0;
  private texts = 0;
  private hooks = 0;
  private violent = false;
  /** How often each fiber ended. */
  private readonly endings: Map<unknown, number> = new Map();

  constructor(program: Program) {
    this.program = program;
  }

  run(): void {
    const { body, outside, probe, seed } = this.program;
    const host = new ManualHost();
    const { fiber, scheduler } = begin(
      {
        host,
        policy: seed === null ? locality : seed === 0 ? fifo : seeded(seed),
        signal: this.controller.signal,
        ...(probe.length > 0 && { probe: this.probe() }),
      },
      () => this.perform(body),
    );
    this.add(fiber);
    const ends: End[] = [];
    monitor(fiber, (end) => ends.push(end));
    for (let turns = 0, deadlocks = 0; ; turns++) {
      assert.ok(turns < MANY, "it comes to an end");
      const ended = this.fibers.filter((each) => !each.alive) as unknown as TaskFields[];
      checkScheduler(scheduler, ended);
      const prank = outside[turns];
      if (prank !== undefined) this.quietly(prank);
      if (host.step()) continue;
      if (!fiber.alive) break;
      // As long as a signal may act, nothing is a deadlock.
      if (!this.controller.signal.aborted) this.controller.abort("enough");
      else {
        if (++deadlocks > 1) this.violent = true;
        scheduler.deadlock();
      }
    }
    checkIdle(scheduler);
    assert.equal(this.queue.size, 0, "nobody stands in line");
    for (const each of this.fibers) {
      assert.equal(each.alive, false, "every fiber has ended");
      assert.equal(this.endings.get(each), 1, "once");
    }
    assert.equal(ends.length, 1);
    this.checkErrors(ends[0] as End, host.reported);
  }

  private add(fiber: AnyFiber): AnyFiber {
    this.fibers.push(fiber);
    monitor(fiber, (end) => {
      this.endings.set(fiber, (this.endings.get(fiber) ?? 0) + 1);
      if (end.ending === "failed") this.isKnown(end.value);
      // Without a scope, a monitor gets it in place of the host.
      for (const each of parts(end.value)) this.seen.add(each);
    });
    return fiber;
  }

  private checkErrors(end: End, reported: readonly unknown[]): void {
    if (end.ending === "failed") this.isKnown(end.value);
    for (const error of reported) this.isKnown(error);
    for (const error of [end.value, ...reported]) {
      for (const each of parts(error)) this.seen.add(each);
    }
    if (this.violent) return;
    for (const error of this.thrown) assert.ok(this.seen.has(error), `an error is lost`);
  }

  /** Nothing comes out that neither the program nor the library has said. */
  private isKnown(error: unknown): void {
    for (const each of parts(error)) {
      if (this.thrown.has(each) || this.mine.has(each) || each === "enough") continue;
      if (each instanceof InternalError) throw each;
      if (each instanceof FiberError || each instanceof Cancelled) continue;
      const raised = each instanceof Error && each.message === "raised";
      if (!raised) throw each;
    }
  }

  private readonly mine: Set<unknown> = new Set();

  /** A value of the worst kinds; each is made once. */
  private hostile(what: number): unknown {
    const value = hostile(what, () => this.text());
    this.mine.add(value);
    return value;
  }

  /** The library looks at something of the program's. */
  private text(): never {
    const prank = this.program.texts[this.texts++ % (this.program.texts.length || 1)];
    if (prank !== undefined) this.quietly(prank);
    throw new Error("a getter"); // never to be seen: texts are made in a safe place
  }

  private routine(name: number, body: Body): () => Routine<void> {
    const perform = (): Routine<void> => this.perform(body);
    const made = function* (): Routine<void> {
      yield* perform();
    };
    return named(made, name, () => this.text());
  }

  private probe(): Probe<Fiber> {
    const hook = (): void => {
      const { probe } = this.program;
      const prank = probe[this.hooks++];
      if (prank !== undefined) this.prank(prank);
    };
    return { spawn: hook, resume: hook, suspend: hook, wake: hook, exit: hook, cancel: hook };
  }

  private quietly(prank: Prank): void {
    try {
      this.prank(prank);
    } catch (error) {
      this.isKnown(error);
      for (const each of parts(error)) this.seen.add(each);
    }
  }

  private all(pranks: readonly Prank[]): void {
    for (const prank of pranks) this.prank(prank);
  }

  private prank(prank: Prank): void {
    if (++this.pranks > PRANKS || this.fibers.length === 0) return;
    if (VIOLENT.has(prank.do)) this.violent = true;
    switch (prank.do) {
      case "throw": {
        const error = this.hostile(prank.what);
        this.thrown.add(error);
        throw error;
      }
      case "cancel": {
        if (prank.grace !== undefined) this.violent = true;
        const options = prank.grace === undefined ? {} : { grace: prank.grace };
        return void this.fiber(prank.who).cancel(this.hostile(prank.what), options);
      }
      case "raise":
        return void this.fiber(prank.who).raise("raised");
      case "kill":
        return void this.fiber(prank.who).kill();
      case "unpark":
        return void unpark(this.fiber(prank.who), "unparked");
      case "join":
        return void this.fiber(prank.who).join();
      case "look":
        return this.look(this.fiber(prank.who));
      case "monitor":
        if (!this.fiber(prank.who).alive) return; // told at once, and reported to the default host
        return void monitor(this.fiber(prank.who), () => {
          const error = new Error("of a monitor");
          this.thrown.add(error);
          throw error;
        });
      case "wake":
        return this.answer(prank.which)?.wake(this.hostile(prank.what));
      case "fail": {
        // It may come too late: then no fiber gets it.
        const error = this.hostile(prank.what);
        return this.answer(prank.which)?.fail(error);
      }
      case "end scope":
        return this.pick(this.scopes, prank.which)?.cancel(this.hostile(prank.what));
      case "spawn in": {
        const all = this.pick(this.scopes, prank.which);
        if (all !== undefined) this.add(all.spawn(() => this.perform(prank.body)));
        return;
      }
      case "move limit":
        return void this.pick(this.limits, prank.which)?.reset(prank.ms);
      case "forget an op":
        return void sleep(1);
      case "resume":
        new Fiber(() => Fiber.yield()).resume();
        return;
      case "transfer":
        // The rules refuse it where the end would give control away.
        new Fiber(function* () {}).transfer();
        return;
      case "cancel inside":
        return runSync(
          function* (this: Monkey): Routine<void> {
            void this.fiber(prank.who).cancel(this.hostile(prank.what));
          }.bind(this),
        );
      case "run inside":
        runSync(function* () {
          yield* yieldNow();
        });
        return;
      default:
        this.controller.abort(this.hostile(1));
    }
  }

  private look(fiber: AnyFiber): void {
    dump(fiber);
    fiber.backtrace();
    void [String(fiber), fiber.name, fiber.status, fiber.waitingOn, fiber.children];
  }

  private fiber(who: number): AnyFiber {
    return this.fibers[who % this.fibers.length] as AnyFiber;
  }

  private answer(which: number): Answers | undefined {
    return which === 0
      ? {
          wake: (value) => void this.queue.wake(value),
          fail: (error) => void this.queue.fail(error),
        }
      : this.pick(this.answers, which);
  }

  private pick<T>(all: readonly T[], which: number): T | undefined {
    return all[which % (all.length || 1)];
  }

  private *perform(body: Body): Routine<void> {
    for (const deed of body) if (++this.deeds < DEEDS) yield* this.do(deed);
  }

  private *do(deed: Deed): Routine<unknown> {
    switch (deed.do) {
      case "wait":
        return yield* this.wait(deed);
      case "spawn":
        return this.add(spawn(this.routine(deed.name, deed.body)));
      case "daemon":
        return this.add(daemon(this.routine(deed.name, deed.body)));
      case "scope":
        return yield* scope((all) => this.inScope(all, deed.body));
      case "supervised":
        return yield* supervised((all) => this.inScope(all, deed.body));
      case "shield":
        return yield* shield(() => this.perform(deed.body));
      case "limit":
        return yield* moveOnAfter(5, (limit) => {
          this.limits.push(limit);
          return this.perform(deed.body);
        });
      case "coroutine":
        return yield* Fiber.resume(new Fiber(() => this.perform(deed.body)));
      case "hand over":
        // Ruby's rule: when that one ends the task goes on, and a coroutine that gave it control is left.
        if (!this.fibers.includes(Fiber.current)) this.violent = true;
        return yield* Fiber.transfer(new Fiber(() => this.perform(deed.body)));
      case "defer":
        return defer(() => this.perform(deed.body));
      case "defer plainly":
        return defer(() => this.all(deed.pranks));
      case "try":
        return yield* this.try(deed);
      case "join":
        return yield* this.fiber(deed.who).join();
      case "end":
        return yield* this.fiber(deed.who).cancel();
      default:
        return this.prank(deed.prank);
    }
  }

  private *inScope(all: Scope, body: Body): Routine<void> {
    this.scopes.push(all);
    yield* this.perform(body);
  }

  private *wait(deed: Waiting): Routine<unknown> {
    const op = this.op(deed);
    this.all(deed.between);
    return yield* op;
  }

  private op({ how, begins, undone }: Waiting): Op<unknown> | Routine<unknown> {
    const register = (wake: (value: unknown) => void, fail: (error: unknown) => void) => {
      this.answers.push({ wake, fail });
      this.all(begins);
      return () => this.all(undone);
    };
    switch (how) {
      case "suspend":
        return suspend((wake: (value: unknown) => void, fail) => void register(wake, fail));
      case "named":
        return suspend("named", register);
      case "thenable":
        // oxlint-disable-next-line unicorn/no-thenable -- that is the case
        return until({ then: register } as never);
      case "function":
        return until((signal) => {
          // What a listener throws goes from its EventTarget straight to the host.
          signal.addEventListener("abort", () => undone.forEach((prank) => this.quietly(prank)));
          this.all(begins);
          return new Promise(() => {});
        });
      case "getter": {
        let times = 0;
        const get = (): unknown => {
          // It was asked for once to see whether there is one.
          if (times++ > 0) this.all(begins);
          return register;
        };
        // oxlint-disable-next-line unicorn/no-thenable -- that is the case
        return until(Object.defineProperty({}, "then", { get }) as never);
      }
      case "sleep":
        return sleep(begins.length);
      case "park":
        return park();
      case "yield":
        return yieldNow();
      case "line":
        return this.queue.wait(1);
      default:
        return this.start(begins);
    }
  }

  private *start(pranks: readonly Prank[]): Routine<unknown> {
    return yield* scope((all) => {
      const routine = function* (this: Monkey): Routine<void> {
        this.add(Fiber.current as AnyFiber);
        yield* sleep(1);
        this.all(pranks);
        started();
      };
      return all.start(routine.bind(this)) as never;
    });
  }

  private *try(deed: Extract<Deed, { do: "try" }>): Routine<void> {
    let flying: unknown;
    try {
      yield* this.perform(deed.body);
    } catch (error) {
      flying = error;
      if (isCancelled(error)) throw error;
      for (const each of parts(error)) this.seen.add(each);
    } finally {
      try {
        yield* this.perform(deed.finally);
      } catch (error) {
        for (const each of parts(flying)) this.seen.add(each);
        throw error; // oxlint-disable-line no-unsafe-finally
      }
    }
  }
}
