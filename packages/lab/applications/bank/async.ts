/** Customers queue for tellers and lose their patience, for days of virtual time: async/await. */
import * as spec from "./spec.ts";

interface Timer {
  readonly at: number;
  readonly order: number;
  fire: (() => void) | undefined;
}

const isBefore = (a: Timer, b: Timer) => a.at < b.at || (a.at === b.at && a.order < b.order);

/** A clock that jumps to the next timer when all promises have settled. */
class Simulation {
  now = 0;
  #order = 0;
  readonly #heap: Timer[] = [];

  after(ms: number, fire: () => void): Timer {
    const timer: Timer = { at: this.now + ms, order: this.#order++, fire };
    const heap = this.#heap;
    let i = heap.length;
    heap.push(timer);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!isBefore(timer, heap[parent]!)) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = timer;
    return timer;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.after(ms, resolve);
    });
  }

  async run(work: () => Promise<void>): Promise<void> {
    let ended = false;
    const end = work().finally(() => {
      ended = true;
    });
    for (;;) {
      await new Promise(setImmediate);
      if (ended) return end;
      const timer = this.#next();
      if (!timer) throw new Error("everything waits");
      this.now = timer.at;
      timer.fire?.();
    }
  }

  #next(): Timer | undefined {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (heap.length === 0 || !last) return first;
    for (let i = 0; ;) {
      let child = 2 * i + 1;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (child >= heap.length || !isBefore(heap[child]!, last)) {
        heap[i] = last;
        return first;
      }
      heap[i] = heap[child]!;
      i = child;
    }
  }
}

class Semaphore {
  readonly #waiting = new Set<() => void>();
  #free: number;
  constructor(permits: number) {
    this.#free = permits;
  }
  async acquireWithin(ms: number): Promise<boolean> {
    if (this.#free > 0) {
      this.#free--;
      return true;
    }
    return new Promise((resolve) => {
      const timer = simulation.after(ms, () => {
        this.#waiting.delete(enter);
        resolve(false);
      });
      const enter = () => {
        timer.fire = undefined;
        resolve(true);
      };
      this.#waiting.add(enter);
    });
  }
  release(): void {
    const [enter] = this.#waiting;
    if (!enter) this.#free++;
    else {
      this.#waiting.delete(enter);
      enter();
    }
  }
}

const simulation = new Simulation();
const tellers = new Semaphore(spec.TELLERS);

async function visit(customer: spec.Customer): Promise<void> {
  const came = simulation.now;
  spec.arrives();
  const entered = await tellers.acquireWithin(customer.patience);
  if (!entered) return spec.leaves(customer);
  try {
    spec.served(customer, simulation.now - came);
    await simulation.sleep(customer.service);
  } finally {
    tellers.release();
  }
}

await simulation.run(async () => {
  const inside = new Set<Promise<void>>();
  for (let id = 0; id < spec.CUSTOMERS; id++) {
    await simulation.sleep(spec.draw(3_000));
    const visitor = visit(spec.customer(id));
    inside.add(visitor);
    void visitor.finally(() => inside.delete(visitor));
  }
  await Promise.all(inside);
  spec.report(simulation.now);
});
