/** The workers of `map` and `forEach`. */
import {
  calling,
  makesGenerators,
  type Routine,
  type RoutineFunction,
  type Spawned,
  suspend,
  type Waitable,
  WaitQueue,
  type Wake,
} from "../core/index.js";
import { defer } from "../defer.js";
import { type Scope, scope } from "../scope.js";
import { pullingGenerator, pullingMachine } from "./pulling.js";
import { END, Pulled, type Taken } from "./source.js";

/** Sends a result where it is to go. */
export type Emit = (value: unknown) => Waitable<unknown, never, any>;

interface Job {
  readonly item: unknown;
  readonly index: number;
}

/** What a worker has been given. */
interface Hand {
  job: Job | undefined;
}

/** What the owner, which takes the items, and its workers share. */
class Line {
  busy = 0;
  ended = false;
  readonly idle: WaitQueue<Hand> = new WaitQueue("its next item");
  readonly free: WaitQueue = new WaitQueue("a free worker");

  done(): void {
    this.busy--;
    this.free.wake(undefined);
  }
}

/** One stays alive, because V8 drops a hidden class with its last object, and with it the code that knows the class. */
let kept: Workers | null = null;

export class Workers {
  readonly #source: Pulled<unknown> | Taken<unknown>;
  readonly work: RoutineFunction<[item: unknown, index: number], unknown, any, any>;
  readonly #concurrency: number;
  readonly emit: Emit | null;
  /** The results that are kept. */
  readonly #results: unknown[] | undefined;
  /** Whether results come in the order of the items, or as they are done. */
  readonly #ordered: boolean;
  readonly #workers: Spawned<void>[];
  #block: Scope | undefined;
  /** Items that were taken so far. */
  taken: number;
  /** The next result to be sent, and those that wait for their turn. */
  #turn: number;
  readonly #turns: Map<number, Wake<void>>;

  constructor(
    source: Pulled<unknown> | Taken<unknown>,
    work: RoutineFunction<[item: unknown, index: number], unknown, any, any>,
    concurrency: number,
    emit: Emit | null,
    results: unknown[] | undefined,
    ordered: boolean,
  ) {
    this.#source = source;
    this.work = work;
    this.#concurrency = concurrency;
    this.emit = emit;
    this.#results = results;
    this.#ordered = ordered;
    this.#workers = [];
    this.#block = undefined;
    this.taken = 0;
    this.#turn = 0;
    this.#turns = new Map();
  }

  *run(): Routine<void> {
    kept ??= new Workers(new Pulled([]), calling as never, 1, null, undefined, false);
    const source = this.#source;
    yield* scope(
      function* (this: Workers, block: Scope): Routine<void> {
        this.#block = block;
        // The scope tells an error of it beside that of the work.
        if (source instanceof Pulled) {
          if (source.closes) defer(() => source.close());
          this.#startPulling(source);
        } else {
          defer(() => source.close());
          yield* this.#deal(source);
        }
      }.bind(this),
    );
    for (const worker of this.#workers) {
      // One that somebody else has ended left its item undone: there is no whole result.
      if (worker.outcome?.ending !== "returned") yield* worker;
    }
  }

  #start(work: Routine<void>): void {
    this.#workers.push((this.#block as Scope).spawn("worker", () => work));
  }

  keep(value: unknown, index: number): void {
    const results = this.#results;
    if (results !== undefined) results[this.#ordered ? index : results.length] = value;
  }

  /** Starts a worker that takes its items itself. */
  #startPulling(source: Pulled<unknown>): void {
    const isMachine = this.emit === null && !makesGenerators(this.work) && "code" in this.work;
    const pulling = isMachine ? pullingMachine : pullingGenerator;
    this.#workers.push((this.#block as Scope).spawn(pulling, this, source));
  }

  /** The next item for a worker, which starts the next worker with its first one. */
  pull(source: Pulled<unknown>, isFirst: boolean): unknown {
    const item = source.pull();
    if (item === END) return END;
    this.taken++;
    if (isFirst && this.#workers.length < this.#concurrency) this.#startPulling(source);
    return item;
  }

  /** The owner takes the items, one at a time and in their order, when a worker is free for it. */
  *#deal(source: Taken<unknown>): Routine<void> {
    const line = new Line();
    for (;;) {
      while (line.busy >= this.#concurrency) yield* line.free.wait();
      const item = yield* source.take();
      if (item === END) break;
      line.busy++;
      const job: Job = { item, index: this.taken++ };
      const waiting = line.idle.item;
      if (waiting === undefined) {
        this.#start(this.#dealt(line, { job }));
      } else {
        waiting.job = job;
        line.idle.wake(undefined);
      }
    }
    line.ended = true;
    while (line.idle.wake(undefined));
  }

  /** Given its items by the owner. Whoever ends it, what it was given counts no longer as worked on. */
  *#dealt(line: Line, hand: Hand): Routine<void> {
    try {
      for (;;) {
        const { index, item } = hand.job as Job;
        const value = yield* calling(this.work, item, index);
        if (this.emit === null) this.keep(value, index);
        else yield* this.send(this.emit, value, index);
        hand.job = undefined;
        line.done();
        if (line.ended) return;
        yield* line.idle.wait(hand);
        if (hand.job === undefined) return;
      }
    } finally {
      if (hand.job !== undefined) line.done();
    }
  }

  *send(emit: Emit, value: unknown, index: number): Routine<void> {
    const ordered = this.#ordered;
    if (ordered && this.#turn !== index) {
      yield* suspend("its turn to send", (wake) => {
        this.#turns.set(index, wake);
        return () => this.#turns.delete(index);
      });
    }
    yield* emit(value);
    if (!ordered) return;
    this.#turn++;
    this.#turns.get(this.#turn)?.();
    this.#turns.delete(this.#turn);
  }
}
