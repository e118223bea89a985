/**
 * Random programs that acquire, spawn, start and fail, and in which other code cancels, kills and loses
 * patience at random. Whatever happens: what was acquired is released, once; not before all that acquiring
 * started has ended; and everything ends.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  cancelling,
  currentDeadline,
  defer,
  Fiber,
  FiberError,
  moveOnAfter,
  resource,
  type Routine,
  run,
  scope,
  type Scope,
  sleep,
  spawn,
  started,
  supervised,
  yieldNow,
} from "fibril";
import type { Scheduler } from "#core/schedule/scheduler";
import { Random } from "./differential/random.ts";
import type { AnyFiber } from "./support/body.ts";
import { BY_HAND, checkIdle, ManualHost } from "./support/manual-host.ts";
import { SEED } from "./support/seed.ts";

const PROGRAMS = 1_000;
const ENDINGS = ["returned", "failed", "cancelled", "killed"];

class Model {
  readonly random: Random;
  readonly tasks: Fiber[] = [];
  readonly scopes: Scope[] = [];
  readonly faults: string[] = [];
  acquired = 0;
  released = 0;
  grown = 0;

  constructor(of: number) {
    this.random = new Random(of);
  }

  *block(depth: number, all: Scope | undefined): Routine<void> {
    for (let steps = this.random.below(4) + 1; steps > 0; steps--) yield* this.step(depth, all);
  }

  *step(depth: number, all: Scope | undefined): Routine<void> {
    const below = depth - 1;
    const inner = (handle?: Scope) => this.block(below, handle ?? all);
    cancelling();
    currentDeadline();
    const most = depth === 0 || ++this.grown > 60 ? 4 : 14;
    switch (this.random.below(most)) {
      case 0:
        return yield* yieldNow();
      case 1:
      case 2:
        return yield* sleep(this.random.below(6));
      case 3:
        return defer(() => sleep(1));
      case 4:
      case 5:
      case 6:
      case 7:
        return yield* this.resource(below, all);
      case 8:
        return void this.tasks.push(spawn(() => inner()));
      case 9:
        return yield* (this.random.below(2) === 0 ? scope : supervised)((handle) => {
          this.scopes.push(handle);
          return inner(handle);
        });
      case 10:
        return yield* moveOnAfter(this.random.below(8), () => inner());
      case 11:
        return void (yield* Fiber.resume(new Fiber(() => inner()) as AnyFiber));
      case 12:
        if (all === undefined) return;
        return void (yield* all.start(() => this.service(below)));
      default:
        if (this.random.below(4) === 0) throw new Error("of the program");
    }
  }

  *service(depth: number): Routine<void> {
    this.tasks.push(Fiber.current);
    yield* this.block(depth, undefined);
    started();
    yield* this.block(depth, undefined);
  }

  *resource(depth: number, all: Scope | undefined): Routine<void> {
    const own: Fiber[] = [];
    const cancellable = this.random.below(3) === 0;
    yield* resource(
      () => this.acquire(depth, all, own),
      (_value, { ending }) => this.release(ending, own),
      { cancellable },
    );
  }

  *acquire(depth: number, all: Scope | undefined, own: Fiber[]): Routine<void> {
    yield* this.step(depth, all);
    for (let n = this.random.below(3); n > 0; n--) {
      const child = spawn(() => this.block(depth, undefined));
      own.push(child);
      this.tasks.push(child);
    }
    yield* sleep(this.random.below(4));
    this.acquired++;
  }

  *release(ending: string, own: readonly Fiber[]): Routine<void> {
    this.released++;
    if (!ENDINGS.includes(ending)) this.faults.push(`released: ${ending}`);
    if (own.some((child) => child.alive)) this.faults.push("a child of the resource lives");
    yield* sleep(this.random.below(3));
  }

  /** Ends something, in one way or another. */
  *meddle(): Routine<void> {
    for (let n = this.random.below(6); n > 0; n--) {
      yield* sleep(this.random.below(5));
      const task = this.tasks[this.random.below(this.tasks.length)];
      const all = this.scopes[this.random.below(Math.max(1, this.scopes.length))];
      const grace = { grace: this.random.below(4) };
      switch (this.random.below(6)) {
        case 0:
          task?.kill();
          break;
        case 1:
          void task?.cancel("enough", grace);
          break;
        case 2:
          all?.cancel("enough");
          break;
        case 3:
          all?.cancel("enough", grace);
          break;
        case 4:
          try {
            task?.raise(new Error("from outside"));
          } catch {
            // It has ended, or one is pending.
          }
          break;
        default:
          void task?.cancel("enough");
      }
    }
  }
}

/** No error of the programs' own, and none that says how a service ended. */
function isFault(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isFault);
  if (error instanceof FiberError) return !["cancelled", "killed"].includes(error.code);
  return !/^Error: (of the program|from outside)$/.test(String(error));
}

test(`${PROGRAMS} random programs release what they acquire (seed ${SEED})`, () => {
  const sum = { acquired: 0, programs: 0 };
  for (let n = 0; n < PROGRAMS; n++) {
    const of = (SEED + n) >>> 0;
    const host = new ManualHost();
    const model = new Model(of);
    const main = run({ host, budget: BY_HAND }, function* () {
      yield* supervised(function* () {
        model.tasks.push(
          spawn(function* () {
            yield* model.block(5, undefined);
          }),
        );
        yield* model.meddle();
      });
    });
    main.catch((error: unknown) => host.reported.push(error));
    const { scheduler } = (main.fiber as never as { _scope: { scheduler: Scheduler } })._scope;
    try {
      host.finish();
      checkIdle(scheduler);
      assert.equal(model.released, model.acquired, "released");
      assert.deepEqual(model.faults, []);
      assert.deepEqual(host.reported.filter(isFault), []);
    } catch (error) {
      throw new Error(`program ${of}`, { cause: error });
    }
    sum.acquired += model.acquired;
    sum.programs++;
  }
  assert.ok(sum.acquired > PROGRAMS, `${sum.acquired} acquired in ${sum.programs}`);
});
