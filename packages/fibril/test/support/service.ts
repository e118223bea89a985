/** What the soak runs: requests that do everything, and a ledger in which everything must balance. */
import assert from "node:assert/strict";
import {
  Cancelled,
  checkpoint,
  createContext,
  daemon,
  DeadlockError,
  defer,
  failAfter,
  Fiber,
  FiberError,
  moveOnAfter,
  resource,
  type Routine,
  scope,
  shield,
  sleep,
  spawn,
  started,
  supervised,
  suspend,
  until,
  yieldNow,
} from "fibril";
import { Random } from "../differential/random.ts";
import type { AnyFiber } from "./body.ts";

class Failure extends Error {}

const user = createContext(-1, "user");

export class Service {
  readonly random: Random;
  began = 0;
  readonly endings: Record<string, number> = {};
  /** Errors that have not been seen yet: the ledger itself must not grow. */
  private readonly unseen: Set<unknown> = new Set();
  private failures = 0;
  private opened = 0;
  private closed = 0;
  private deferred = 0;
  private done = 0;
  private killed = 0;

  constructor(seed: number) {
    this.random = new Random(seed);
  }

  *request(): Routine<number> {
    const id = this.began;
    return yield* user.with(id, () => this.work(id, 3));
  }

  private *work(id: number, depth: number): Routine<number> {
    const { random } = this;
    for (let steps = random.below(4); steps >= 0; steps--) yield* this.step(id, depth);
    assert.equal(user.get(), id, "the context is the request's own");
    return id;
  }

  private *step(id: number, depth: number): Routine<unknown> {
    const { random } = this;
    const deeper = (): Routine<number> => this.work(id, depth - 1);
    switch (depth === 0 ? random.below(7) : random.below(16)) {
      case 0:
        return yield* yieldNow();
      case 1:
      case 2:
        return yield* sleep(random.below(3));
      case 3:
        return yield* until(Promise.resolve(id));
      case 4:
        return yield* suspend((wake) => {
          const timer = setTimeout(wake, random.below(2));
          return () => clearTimeout(timer);
        });
      case 5:
        return checkpoint();
      case 6:
        return random.chance(6) ? this.fail() : undefined;
      case 7: {
        const children = [1, 2, 3].map(() => spawn(deeper));
        return assert.equal(yield* children[1] as AnyFiber, id);
      }
      case 8:
        return yield* moveOnAfter(random.below(4), deeper);
      case 9:
        return yield* failAfter(random.below(6), deeper);
      case 10:
        return yield* this.isolated(deeper);
      case 11:
        return yield* shield(() => sleep(random.below(2)));
      case 12:
        return yield* this.guarded(deeper);
      case 13:
        return yield* this.opening();
      case 14:
        return yield* Fiber.resume(new Fiber(deeper));
      default:
        return yield* this.cancelling(deeper);
    }
  }

  private *isolated(deeper: () => Routine<number>): Routine<void> {
    yield* supervised(function* (all) {
      spawn(deeper);
      daemon(() => sleep(Infinity));
      yield* all.start(function* () {
        started();
        yield* yieldNow();
      });
    });
  }

  private *guarded(deeper: () => Routine<number>): Routine<void> {
    this.deferred++;
    defer(() => {
      this.done++;
      return sleep(0);
    });
    try {
      yield* deeper();
    } catch (error) {
      if (error instanceof Cancelled) throw error;
      this.note(error);
    }
  }

  private *opening(): Routine<void> {
    yield* scope(() =>
      resource(
        function* (this: Service): Routine<number> {
          yield* sleep(0);
          return ++this.opened;
        }.bind(this),
        function* (this: Service): Routine<void> {
          yield* sleep(0);
          this.closed++;
        }.bind(this),
      ),
    );
  }

  private *cancelling(deeper: () => Routine<number>): Routine<void> {
    const child = spawn(deeper);
    yield* sleep(this.random.below(2));
    yield* child.cancel("not needed", this.random.chance(3) ? { grace: 10_000 } : {});
  }

  /** Code outside interferes with one of the requests. */
  disturb(requests: readonly AnyFiber[]): void {
    if (requests.length === 0) return;
    const request = this.random.pick(requests);
    if (this.random.chance(3)) {
      this.killed++;
      request.kill();
    } else {
      void request.cancel("disturbed", this.random.chance(2) ? { grace: 10_000 } : {});
    }
  }

  private fail(): never {
    const error = new Failure(`failure ${this.failures++}`);
    this.unseen.add(error);
    throw error;
  }

  /** The end of a request. */
  ended(ending: string, value: unknown): void {
    this.endings[ending] = (this.endings[ending] ?? 0) + 1;
    if (ending === "failed") this.note(value);
  }

  reported(error: unknown): void {
    this.note(error);
  }

  private note(error: unknown): void {
    if (error instanceof AggregateError) return error.errors.forEach((each) => this.note(each));
    const ours = error instanceof Failure || error instanceof FiberError;
    assert.ok(ours && !(error instanceof DeadlockError), String((error as Error).stack ?? error));
    this.unseen.delete(error);
  }

  check(): void {
    const ended = Object.values(this.endings).reduce((sum, each) => sum + each, 0);
    assert.equal(ended, this.began, "every request has ended, once");
    assert.equal(this.opened, this.closed, "everything that was opened is closed");
    assert.equal(this.deferred, this.done, "everything that was deferred is done");
    const lost = this.unseen.size;
    // A kill may take an error with it that its fiber has not seen.
    assert.ok(lost <= this.killed, `${lost} of ${this.failures} errors are lost`);
  }
}
