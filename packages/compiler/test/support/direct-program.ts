"use fibers";
/** A typed program in direct style: the types of `fibril/direct` say what its functions result in. */
import {
  all,
  Channel,
  failAfter,
  type Fiber as AnyFiber,
  Fiber,
  map,
  Mutex,
  park,
  race,
  scope,
  select,
  sleep,
  spawn,
  type Task,
  unpark,
  until,
  wait,
  yieldNow,
} from "fibril/direct";
import { until as untilOp, type Routine } from "fibril";

interface Item {
  readonly id: number;
  readonly price: number;
}

function load(id: number): Item {
  sleep(1);
  return { id, price: until(Promise.resolve(id * 10)) };
}

export function total(ids: readonly number[]): number {
  const items: Item[] = map(ids, (id) => load(id), { concurrency: 2 });
  return items.reduce((sum, item) => sum + load(item.id).price, 0);
}

export class Account {
  readonly #lock: Mutex = new Mutex();
  #balance = 0;

  deposit(amount: number): number {
    return this.#lock.with((more: number): number => {
      const before = this.#balance;
      yieldNow();
      this.#balance = before + more;
      return this.#balance;
    }, amount);
  }
}

export function bank(): number | undefined {
  const account = new Account();
  return scope(() => {
    const tasks: Task<number>[] = [1, 2, 3].map((n) => spawn(() => account.deposit(n)));
    return Math.max(...tasks.map((task) => task.join()));
  });
}

export function messages(): (string | number)[] {
  const words = new Channel<string>(1);
  const numbers = new Channel<number>(1);
  const [first, second] = all([
    () => words.receive(),
    () => (words.send("one"), numbers.send(2), 3),
  ]);
  const found = select({ word: () => words.receive(), number: () => numbers.receive() });
  const value: string | number = found.value;
  return [first, second, found.key, value];
}

function* routine(n: number): Routine<string> {
  yield* untilOp(Promise.resolve(n));
  return `routine ${n}`;
}

export function woken(): [string, boolean] {
  const sleeper: Task<string> = spawn(() => park<string>());
  yieldNow();
  unpark(sleeper, "good morning");
  return [sleeper.join(), unpark(sleeper)];
}

export function limits(): [string, string, number] {
  return [
    failAfter(1_000, () => wait(routine(1))),
    race([() => (sleep(1_000), "late"), () => (sleep(1), "in time")]),
    new Fiber<[n: number], number, number, void>((n) => {
      Fiber.yield<number>(n + 1);
    }).resume(4) as number,
  ];
}

export const counter = (): AnyFiber<[start: number], number, number, void> =>
  new Fiber((start: number) => {
    for (let n = start; ; n += Fiber.yield<number>(n));
  });
