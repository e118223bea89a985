/**
 * Ten fibers that do anything to each other, by op and by method, in any order. There is no model of
 * what should come out (the differential tests have Ruby for that); after every step of the root the
 * kernel's own invariants must hold, and no error may be anything but the rules' or the fibers' own.
 *
 * FIBRIL_STRESS_ROUNDS  how many; FIBRIL_SEED  which
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Fiber, FiberError, type Routine } from "fibril";
import { type FiberFields, K, ROOT_FLAGS } from "#core/kernel/registers";
import { CREATED, PINNED, RUNNING, TERMINATED, TRANSFERRED, YIELDED } from "#core/kernel/state";
import { Random } from "./differential/random.ts";
import type { AnyFiber } from "./support/body.ts";
import { SEED } from "./support/seed.ts";

const ROUNDS = Number(process.env["FIBRIL_STRESS_ROUNDS"] ?? 2_000);

class Round {
  readonly #random: Random;
  readonly #fibers: AnyFiber[] = [];
  readonly #seen: Map<string, number>;
  /** Statements left to the fibers, or they would never end. */
  #budget = 60;

  constructor(random: Random, seen: Map<string, number>) {
    this.#random = random;
    this.#seen = seen;
    const body = (): Routine<unknown> => this.#body();
    for (let i = 0; i < 5; i++) this.#fibers.push(new Fiber(() => body()));
    for (let i = 0; i < 5; i++) {
      this.#fibers.push(
        new Fiber(function* (): Routine<unknown> {
          return yield* body();
        }),
      );
    }
  }

  run(): void {
    for (let step = 0; step < 30; step++) {
      const target = this.#anyone();
      try {
        switch (this.#random.below(6)) {
          case 0:
            target.transfer(2);
            break;
          case 1:
            target.raise("boom");
            break;
          case 2:
            if (this.#random.chance(3)) target.kill();
            break;
          default:
            target.resume(1);
        }
      } catch (error) {
        this.#expected(error);
      }
      for (const problem of problems(this.#fibers as never)) {
        assert.fail(`after step ${step}: ${problem}`);
      }
    }
  }

  *#body(): Routine<unknown> {
    try {
      while (this.#budget-- > 0) {
        try {
          if (yield* this.#anything(this.#anyone())) return "returned";
        } catch (error) {
          this.#expected(error);
          if (this.#random.chance(5)) throw error;
        }
      }
    } finally {
      if (this.#random.chance(4) && this.#budget-- > 0) {
        try {
          yield* Fiber.yield("in finally");
        } catch (error) {
          this.#expected(error);
        }
      }
    }
    return "ended";
  }

  *#anything(target: AnyFiber): Routine<boolean> {
    const rarely = (oneIn: number): boolean => this.#random.chance(oneIn);
    const kind = this.#random.below(16);
    if (kind < 2) yield* Fiber.yield(1);
    else if (kind < 4) yield* Fiber.resume(target, 2);
    else if (kind < 6) yield* Fiber.transfer(target, 3);
    else if (kind === 6) yield* Fiber.raise(target, "boom");
    else if (kind === 7 && rarely(3)) yield* Fiber.kill(target);
    else if (kind === 8) target.resume(4);
    else if (kind === 9) target.transfer(5);
    else if (kind === 10) target.raise("boom");
    else if (kind === 11 && rarely(3)) target.kill();
    else if (kind === 12 && rarely(4)) return true;
    else if (kind === 13 && rarely(4)) throw new Error("boom");
    else if (kind === 14) yield* Fiber.transfer(Fiber.root, 8);
    else if (kind === 15) Fiber.root.transfer(8);
    return false;
  }

  #anyone(): AnyFiber {
    return this.#random.pick(this.#fibers);
  }

  #expected(error: unknown): void {
    const what = error instanceof FiberError ? error.code : (error as Error).message;
    const own = what === "boom" || what === "unhandled exception";
    if (!(error instanceof FiberError) && !own) throw error;
    this.#seen.set(what, (this.#seen.get(what) ?? 0) + 1);
  }
}

function* problems(fibers: readonly FiberFields[]): Iterable<string> {
  const root = K.root;
  if (K.current !== root || K.base !== root) yield "the root has not got control back";
  if (K.phase !== 0 || K.value !== undefined) yield `an op is left over: phase ${K.phase}`;
  if (root._resuming !== null) yield "the root is still resuming";
  if ((root._flags & ~ROOT_FLAGS) !== 0) yield `the root's bits: ${root._flags}`;
  for (const [index, fiber] of fibers.entries()) {
    const who = `fiber ${index} (flags ${fiber._flags})`;
    const state = fiber._flags & (CREATED | RUNNING | YIELDED | TRANSFERRED | TERMINATED);
    if (![CREATED, RUNNING, YIELDED, TRANSFERRED, TERMINATED].includes(state))
      yield `${who}: two states`;
    if (fiber._resuming && fiber._resuming._prev !== fiber) yield `${who}: a link down, none up`;
    if (fiber._prev && fiber._prev !== root && fiber._prev._resuming !== fiber) {
      yield `${who}: a link up, none down`;
    }
    const held = fiber._prev ?? fiber._resuming ?? fiber._frame ?? fiber._storage;
    if (state === TERMINATED && held !== null) yield `${who}: ended, and holds something`;
    if ((fiber._flags & PINNED) !== 0) yield `${who}: pinned by no call`;
    if (state === RUNNING && fiber._resuming === null) yield `${who}: runs while the root does`;
    let above: FiberFields | null = fiber;
    for (let n = 0; above !== null; above = above._prev) {
      if (n++ > fibers.length) {
        yield `${who}: its resumers form a cycle`;
        break;
      }
    }
  }
}

test(`${ROUNDS} rounds of ten fibers doing anything to each other`, (t) => {
  const random = new Random(SEED);
  const seen = new Map<string, number>();
  for (let round = 0; round < ROUNDS; round++) {
    try {
      new Round(random, seen).run();
    } catch (error) {
      throw new Error(`seed ${SEED}, round ${round}`, { cause: error });
    }
  }
  t.diagnostic(`seed ${SEED}: ${JSON.stringify(Object.fromEntries(seen))}`);
  if (ROUNDS >= 1000) assert.ok(seen.size >= 12, "nearly every rule was met");
});
