/** The workers of `map` and `forEach`. */
import {
  type Routine,
  type RoutineFunction,
  type Spawned,
  suspend,
  type Waitable,
  WaitQueue,
  type Wake,
  calling,
} from "../core/index.js";
import { type Scope, scope } from "../scope.js";
import { breathe } from "../policy/breathe.js";
import { END, Pulled, type Taken } from "./source.js";

/** Where results are sent. */
export interface Emit {
  readonly ordered: boolean;
  readonly send: (value: unknown) => Waitable<unknown, never, any>;
}

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

type Keep = ((value: unknown, index: number) => void) | null;

export class Workers {
  readonly #source: Pulled<unknown> | Taken<unknown>;
  readonly #work: RoutineFunction<[item: unknown, index: number], unknown, any, any>;
  readonly #concurrency: number;
  readonly #keep: Keep;
  readonly #emit: Emit | null;
  readonly #workers: Spawned<void>[];
  #block: Scope | undefined;
  /** Items that were taken so far. */
  #taken: number;
  /** The next result to be sent, and those that wait for their turn. */
  #turn: number;
  readonly #turns: Map<number, Wake<void>>;

  constructor(
    source: Pulled<unknown> | Taken<unknown>,
    work: RoutineFunction<[item: unknown, index: number], unknown, any, any>,
    concurrency: number,
    keep: Keep,
    emit: Emit | null,
  ) {
    this.#source = source;
    this.#work = work;
    this.#concurrency = concurrency;
    this.#keep = keep;
    this.#emit = emit;
    this.#workers = [];
    this.#block = undefined;
    this.#taken = 0;
    this.#turn = 0;
    this.#turns = new Map();
  }

  *run(): Routine<void> {
    const source = this.#source;
    try {
      yield* scope(
        function* (this: Workers, block: Scope): Routine<void> {
          this.#block = block;
          if (source instanceof Pulled) this.#start(this.#pulling(source));
          else yield* this.#deal(source);
        }.bind(this),
      );
      for (const worker of this.#workers) {
        // One that somebody else has ended left its item undone: there is no whole result.
        if (worker.outcome?.ending !== "returned") yield* worker;
      }
    } finally {
      if (source instanceof Pulled) source.close();
      else yield* source.close();
    }
  }

  #start(work: Routine<void>): void {
    this.#workers.push((this.#block as Scope).spawn("worker", () => work));
  }

  /** Each takes its items itself, and the first of them starts the next worker. */
  *#pulling(source: Pulled<unknown>): Routine<void> {
    const work = this.#work;
    const keep = this.#keep;
    let first = true;
    for (;;) {
      const item = source.pull();
      if (item === END) return;
      const index = this.#taken++;
      if (first) {
        first = false;
        if (this.#workers.length < this.#concurrency) this.#start(this.#pulling(source));
      }
      // What never waits must not keep everybody else waiting; the clock is not free, though.
      if ((index & 63) === 0) yield* breathe();
      const value = yield* calling(work, item, index);
      if (keep !== null) keep(value, index);
      else if (this.#emit !== null) yield* this.#send(this.#emit, value, index);
    }
  }

  /** The owner takes the items, one at a time and in their order, when a worker is free for it. */
  *#deal(source: Taken<unknown>): Routine<void> {
    const line = new Line();
    for (;;) {
      while (line.busy >= this.#concurrency) yield* line.free.wait();
      const item = yield* source.take();
      if (item === END) break;
      line.busy++;
      const job: Job = { item, index: this.#taken++ };
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
        const value = yield* calling(this.#work, item, index);
        if (this.#keep !== null) this.#keep(value, index);
        else if (this.#emit !== null) yield* this.#send(this.#emit, value, index);
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

  *#send({ ordered, send }: Emit, value: unknown, index: number): Routine<void> {
    if (ordered && this.#turn !== index) {
      yield* suspend("its turn to send", (wake) => {
        this.#turns.set(index, wake);
        return () => this.#turns.delete(index);
      });
    }
    yield* send(value);
    if (!ordered) return;
    this.#turn++;
    this.#turns.get(this.#turn)?.();
    this.#turns.delete(this.#turn);
  }
}
