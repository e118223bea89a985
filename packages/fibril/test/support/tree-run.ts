/** Runs a random tree of fibers, checking what has to hold after each turn and at the end. */
import assert from "node:assert/strict";
import {
  Cancelled,
  checkpoint,
  daemon,
  DeadlockError,
  defer,
  type End,
  failAfter,
  Fiber,
  FiberError,
  fifo,
  locality,
  monitor,
  moveOnAfter,
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
  yieldNow,
} from "fibril";
import type { TaskFields } from "#core/kernel/registers";
import type { AnyFiber } from "./body.ts";
import { checkCoroutine, checkScheduler } from "./invariants.ts";
import { begin, checkIdle, ManualHost } from "./manual-host.ts";
import { type Body, type Deed, type Program, type Verb, VIOLENT } from "./tree.ts";

// Its declarations name what is stripped from them.
const NAME: string = "#core/scope/scope-core";
const { hereScope } = (await import(NAME)) as {
  hereScope: () => { readonly task: unknown };
};

/** An error of the program's own; each is made once. */
class Thrown extends Error {}

/** More turns than any program needs. */
const MANY = 20_000;

export class Tree {
  readonly fibers: AnyFiber[] = [];
  private readonly coroutines: AnyFiber[] = [];
  private readonly program: Program;
  private readonly scopes: Scope[] = [];
  private readonly thrown: Thrown[] = [];
  /** Where each of them came out. */
  private readonly swallowed: Set<unknown> = new Set();
  /** What was deferred in a scope and not done yet. */
  private readonly deferred: Map<object, number[]> = new Map();
  private defers = 0;
  private deferredDone = 0;
  /** Something ended fibers without their consent, so errors may have ended with them. */
  private violent = false;
  /** Errors on their way through a `finally` that has not ended. A coroutine that yields in it may be left there for ever. */
  private readonly held = new Set<unknown>();

  constructor(program: Program) {
    this.program = program;
  }

  run(): void {
    const { body, coroutines = [], seed } = this.program;
    const host = new ManualHost();
    const policy = seed === null ? locality : seed === 0 ? fifo : seeded(seed);
    const routine = (): Routine<void> => this.perform(body);
    const { fiber, scheduler } = begin({ host, policy }, routine);
    this.fibers.push(fiber);
    for (const each of coroutines) this.coroutines.push(new Fiber(() => this.perform(each)));
    const ends: End[] = [];
    monitor(fiber, (end) => ends.push(end));
    for (let turns = 0, deadlocks = 0; ; turns++) {
      assert.ok(turns < MANY, "it comes to an end");
      const ended = this.fibers.filter((each) => !each.alive) as unknown as TaskFields[];
      checkScheduler(scheduler, ended);
      for (const coroutine of this.coroutines) checkCoroutine(coroutine as never);
      if (host.step()) continue;
      if (!fiber.alive) break;
      // The first time they get a DeadlockError; the next time they are unwound.
      if (++deadlocks > 1) this.violent = true;
      scheduler.deadlock();
    }
    checkIdle(scheduler);
    assert.ok(this.fibers.every((each) => !each.alive));
    assert.equal(ends.length, 1);
    assert.equal(this.deferredDone, this.defers, "what was deferred is done, once");
    this.checkErrors(ends[0] as End, host.reported);
  }

  /** Every error is somewhere, and nowhere twice. */
  private checkErrors(end: End, reported: readonly unknown[]): void {
    const out = [...flatten(end.ending === "failed" ? end.value : undefined)];
    assert.equal(new Set(out).size, out.length, "nothing comes out twice");
    const loud = reported.flatMap((error) => [...flatten(error)]);
    for (const error of [...out, ...loud]) this.isOurs(error);
    assert.equal(new Set(loud).size, loud.length, "nothing is reported twice");
    if (this.violent) return;
    for (const error of this.thrown) {
      const found =
        out.includes(error) ||
        loud.includes(error) ||
        this.swallowed.has(error) ||
        this.held.has(error);
      assert.ok(found, `${error.message} is lost`);
    }
  }

  private isOurs(error: unknown): void {
    const known =
      error instanceof Thrown || error instanceof FiberError || error instanceof Cancelled;
    if (!known) throw error;
  }

  *perform(body: Body): Routine<void> {
    for (const deed of body) yield* this.do(deed);
  }

  private *do(deed: Deed): Routine<unknown> {
    if (VIOLENT.has(deed.do)) this.violent = true;
    switch (deed.do) {
      case "yield":
        return yield* yieldNow();
      case "checkpoint":
        return checkpoint();
      case "sleep":
        return yield* sleep(deed.ms);
      case "park":
        return yield* suspend(() => () => {});
      case "throw": {
        const error = new Thrown(`error ${this.thrown.length}`);
        this.thrown.push(error);
        throw error;
      }
      case "spawn":
        return this.fibers.push(spawn(() => this.perform(deed.body)));
      case "daemon":
        return this.fibers.push(daemon(() => this.perform(deed.body)));
      case "spawn in": {
        const all = this.scopes.at(deed.which % (this.scopes.length || 1));
        // A scope that has closed takes no children.
        if (all !== undefined)
          yield* this.tolerant(() => this.fibers.push(all.spawn(() => this.perform(deed.body))));
        return;
      }
      case "start":
        return yield* this.start(deed.body);
      case "end scope":
        return this.scopes
          .at(deed.which % (this.scopes.length || 1))
          ?.cancel("why", { grace: deed.grace });
      case "scope":
        return yield* scope((all) => this.inScope(all, deed.body));
      case "supervised":
        return yield* supervised((all) => this.inScope(all, deed.body));
      case "shield":
        return yield* shield((all) => this.inScope(all, deed.body));
      case "move on":
        return yield* moveOnAfter(deed.ms, () => this.perform(deed.body));
      case "fail":
        return yield* failAfter(deed.ms, () => this.perform(deed.body));
      case "defer":
        return this.defer(deed.body);
      case "try":
        return yield* this.try(deed);
      case "coroutine":
        return this.coroutines.push(new Fiber(() => this.perform(deed.body)));
      case "give":
        return yield* this.tolerant(() => Fiber.yield());
      case "enter":
        return yield* this.enter(this.coroutines[deed.which % this.coroutines.length], deed.by);
      case "resume":
        return yield* Fiber.resume(new Fiber(() => this.perform(deed.body)));
      case "transfer":
        // Ruby's rule: when that one ends the task goes on, and a coroutine that gave it control is left.
        if (Fiber.current !== hereScope().task) this.violent = true;
        return yield* Fiber.transfer(new Fiber(() => this.perform(deed.body)));
      default:
        return yield* this.toOther(
          deed.do,
          this.fibers[deed.who % this.fibers.length] as AnyFiber,
          deed,
        );
    }
  }

  private *toOther(what: Deed["do"], fiber: AnyFiber, deed: Deed): Routine<unknown> {
    switch (what) {
      case "join":
        return yield* this.tolerant(() => (fiber === Fiber.current ? undefined : fiber.join()));
      case "cancel":
        return void fiber.cancel("why");
      case "cancel and wait":
        return yield* this.tolerant(() => fiber.cancel("why"));
      case "cancel with grace":
        return void fiber.cancel("why", { grace: (deed as { ms: number }).ms });
      case "kill":
        return yield* this.tolerant(() => Fiber.kill(fiber) as never);
      case "raise":
        return yield* this.tolerant(() => fiber.raise(new Thrown("raised")));
      case "program":
        return yield* this.tolerant(() => inProgram((deed as Within).what, fiber));
      default:
        return undefined;
    }
  }

  /** The rules may refuse it: an ended fiber, oneself, a fiber without a result. */
  private *tolerant(act: () => unknown): Routine<void> {
    try {
      const op = act();
      if (typeof op === "object" && op !== null && Symbol.iterator in op) {
        yield* op as Routine<void>;
      }
    } catch (error) {
      if (!(error instanceof FiberError) || error instanceof DeadlockError) throw error;
    }
  }

  /** A coroutine that anybody may enter, as far as the rules let them. */
  private *enter(fiber: AnyFiber | undefined, by: Verb): Routine<void> {
    if (fiber === undefined) return;
    const error = new Thrown("raised");
    yield* this.tolerant(() => {
      switch (by) {
        case "resume":
          return Fiber.resume(fiber);
        case "transfer":
          return Fiber.transfer(fiber);
        case "raise":
          return Fiber.raise(fiber, error);
        case "kill":
          return Fiber.kill(fiber);
        case "resume()":
          return void fiber.resume();
        case "transfer()":
          return void fiber.transfer();
        case "kill()":
          return void fiber.kill();
        default:
          return void fiber.raise(error);
      }
    });
  }

  private *start(body: Body): Routine<void> {
    const all = this.scopes.at(-1);
    if (all === undefined) return;
    const routine = function* (this: Tree): Routine<void> {
      this.fibers.push(Fiber.current);
      yield* sleep(1);
      started();
      yield* this.perform(body);
    }.bind(this);
    yield* this.tolerant(() => all.start(routine));
  }

  private *inScope(all: Scope, body: Body): Routine<void> {
    this.scopes.push(all);
    yield* this.perform(body);
  }

  private defer(body: Body): void {
    const here = hereScope();
    const id = this.defers++;
    const stack = this.deferred.get(here) ?? [];
    this.deferred.set(here, stack);
    stack.push(id);
    defer(() => {
      this.deferredDone++;
      assert.equal(stack.pop(), id, "last deferred first");
      return this.perform(body);
    });
  }

  private *try(deed: Extract<Deed, { do: "try" }>): Routine<void> {
    let flying: unknown;
    try {
      yield* this.perform(deed.body);
    } catch (error) {
      flying = error;
      if (!deed.swallow || error instanceof Cancelled) throw error;
      for (const each of flatten(error)) this.swallowed.add(each);
    } finally {
      for (const each of flatten(flying)) this.held.add(each);
      try {
        yield* this.perform(deed.finally);
        for (const each of flatten(flying)) this.held.delete(each);
      } catch (error) {
        // JavaScript's own rule: the new error takes the place of the one that was flying.
        for (const each of flatten(flying)) this.swallowed.add(each);
        throw error; // oxlint-disable-line no-unsafe-finally
      }
    }
  }
}

type Within = Extract<Deed, { do: "program" }>;

/** Does it in a program within the program, which interrupts the turn of the present fiber. */
function inProgram(what: Within["what"], fiber: AnyFiber): void {
  runSync(function* () {
    if (what === "cancel") void fiber.cancel("why");
    else if (what === "raise") fiber.raise(new Thrown("raised"));
    else fiber.kill();
  });
}

/** The errors in an error. */
function* flatten(error: unknown): Iterable<unknown> {
  if (error instanceof AggregateError) for (const each of error.errors) yield* flatten(each);
  else if (error !== undefined) yield error;
}
