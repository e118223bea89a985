/**
 * Async functions. Only the microtask queue resumes one. So the counters await in a loop, and the queue
 * runs them in turn; a ring hands a number on through promises, a new one for each pass.
 */
import type { Order } from "../cell.js";
import { Round } from "./round.js";
import { linkedRing } from "../measuring/linked-ring.js";
import { made } from "../measuring/made.js";
import type { Counters, Ring, Runtime } from "../measuring/runtime.js";

class Member {
  next: Member;
  hand: (passed: number) => void;
  #token: Promise<number>;

  constructor() {
    this.next = this;
    this.hand = nowhere;
    this.#token = this.#fresh();
  }

  #fresh(): Promise<number> {
    return new Promise((resolve) => (this.hand = resolve));
  }

  async run(end: End): Promise<void> {
    for (;;) {
      const passed = (await this.#token) + 1;
      this.#token = this.#fresh();
      if (passed === end.limit) end.reached(passed);
      else this.next.hand(passed);
    }
  }
}

interface End {
  limit: number;
  reached: (passed: number) => void;
}

const nowhere = (): void => {};

function ring(size: number, order: Order): Ring {
  const end: End = { limit: 0, reached: nowhere };
  const members = made(size, () => new Member());
  for (const member of members) void member.run(end);
  return linkedRing(
    members,
    order,
    (first, count) =>
      new Promise((resolve) => {
        end.limit = count;
        end.reached = resolve;
        first.hand(0);
      }),
  );
}

/** Where the functions wait that have reached the end of a slice. */
class Gate {
  shut: Promise<void>;
  #open: () => void;

  constructor() {
    this.#open = nowhere;
    this.shut = this.#fresh();
  }

  #fresh(): Promise<void> {
    return new Promise((resolve) => (this.#open = resolve));
  }

  /** Lets the waiting functions continue, and shuts behind them. */
  readonly pass = (): void => {
    const open = this.#open;
    this.shut = this.#fresh();
    open();
  };
}

async function counter(round: Round, gate: Gate): Promise<void> {
  await new Promise<void>((enter) => round.entries.push(enter));
  for (let times = 1; ; times++) {
    round.answer(times);
    await (times < round.until ? null : gate.shut);
  }
}

function counters(size: number, order: Order): Counters {
  const round = new Round();
  const gate = new Gate();
  for (let made = 0; made < size; made++) void counter(round, gate);
  return round.counters(order, gate.pass);
}

/** The promise that the innermost function awaits resumes it directly, however deep it is. */
async function descend(depth: number, round: Round, gate: Gate): Promise<void> {
  if (depth > 1) await descend(depth - 1, round, gate);
  else await counter(round, gate);
}

async function deep(depth: number): Promise<Counters> {
  const round = new Round();
  const gate = new Gate();
  const outermost = descend(depth, round, gate);
  // If the native stack was too short for the calls, they have failed by now.
  if (round.entries.length === 0) await outermost;
  return round.counters("sequential", gate.pass);
}

export const async: Runtime = { ring, counters, deep };
