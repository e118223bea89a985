/** The routines that the tests of workers call. */
import {
  cancelling,
  Channel,
  currentDeadline,
  defer,
  Fiber,
  FiberError,
  now,
  type Receiver,
  type Routine,
  type Sender,
  sleep,
  spawn,
} from "fibril";
import { sharedContext, transfer } from "@fibril/node";

export const language = sharedContext("language", "none");

/** Where a worker writes what a test waits for: memory that all threads share. */
export type Signs = Int32Array<SharedArrayBuffer>;

export const notARoutine = 42;

export function* add(a: number, b: number): Routine<number, never> {
  return a + b;
}

export function plain(): number {
  return 5;
}

export function* same(value: unknown): Routine<unknown, never> {
  return value;
}

export function* throwsIt(kind: string): Routine<void, never> {
  const cause = new TypeError("the cause");
  if (kind === "value") throw { not: "an error" };
  if (kind === "function") throw () => {};
  if (kind === "coded") throw new FiberError("overflow", "too much", { cause });
  if (kind === "many") throw new AggregateError([new RangeError("one"), "two"], "both");
  class Odd extends Error {
    override name = "Odd";
    status = 418;
    detail = (): void => {};
  }
  throw new Odd("odd", { cause });
}

export function* unsendable(): Routine<unknown, never> {
  return { list: [{ done: () => 1 }] };
}

/** Waits for ever; its clean-up takes a moment, and leaves the reason as its result to a channel. */
export function* waits(signs: Signs, reasons?: Sender<unknown>): Routine<string, never> {
  defer(function* () {
    yield* sleep(5);
    Atomics.store(signs, 1, 1);
  });
  try {
    Atomics.store(signs, 0, 1);
    yield* sleep(Number.POSITIVE_INFINITY);
    return "never";
  } finally {
    reasons?.trySend(cancelling()?.reason);
  }
}

export function* killsItself(): Routine<void, never> {
  yield* Fiber.kill(Fiber.current as Fiber);
}

/** Ends well although it is asked to end. */
export function* insists(signs: Signs): Routine<string, never> {
  try {
    Atomics.store(signs, 0, 1);
    yield* sleep(Number.POSITIVE_INFINITY);
  } catch {
    // It has a result all the same.
  }
  return "all the same";
}

export function* cleansUpBadly(signs: Signs): Routine<void, never> {
  try {
    Atomics.store(signs, 0, 1);
    yield* sleep(Number.POSITIVE_INFINITY);
  } finally {
    // oxlint-disable-next-line no-unsafe-finally -- that is the case
    throw new RangeError("clean-up failed");
  }
}

export function* spins(signs: Signs): Routine<void, never> {
  Atomics.store(signs, 0, 1);
  for (;;);
}

export function* returnsAtOnce(signs: Signs): Routine<string, never> {
  Atomics.store(signs, 0, 1);
  return "there";
}

export function* leavesChild(): Routine<string, never> {
  let log = "";
  spawn(function* () {
    yield* sleep(2);
    log += "child ended";
  });
  defer(() => void (log += "?"));
  return log;
}

export function* timeLeft(): Routine<number, never> {
  return currentDeadline() - now();
}

export function* sleeps(ms: number): Routine<string, never> {
  yield* sleep(ms);
  return language.get();
}

export function* exits(code: number): Routine<void, never> {
  process.exit(code);
}

export function* failsOutside(): Routine<void, never> {
  setTimeout(() => {
    throw new Error("outside of all calls");
  }, 1);
  yield* sleep(Number.POSITIVE_INFINITY);
}

export function* moves(bytes: Uint8Array): Routine<Uint8Array, never> {
  bytes[0] = 7;
  return transfer(bytes, [bytes.buffer as ArrayBuffer]);
}

export function* counts(shared: Signs): Routine<void, never> {
  Atomics.add(shared, 0, 1);
}

export function* receives(from: Receiver<any>, count: number): Routine<unknown[], never> {
  const seen: unknown[] = [];
  while (seen.length < count) {
    const value: unknown = yield* from.next();
    if (value === undefined) break;
    seen.push(value);
  }
  return seen;
}

export function* receivesAndExits(from: Receiver<unknown>, count: number): Routine<void, never> {
  for (let i = 0; i < count; i++) yield* from.receive();
  yield* sleep(20);
  process.exit(0);
}

export function* ignores(_from: Receiver<unknown>): Routine<void, never> {
  yield* sleep(Number.POSITIVE_INFINITY);
}

export function* sends(to: Sender<unknown>, count: number, signs?: Signs): Routine<void, never> {
  for (let i = 0; i < count; i++) {
    yield* to.send(i);
    if (signs !== undefined) Atomics.store(signs, 0, i + 1);
  }
}

export function* sendsAndFails(to: Sender<number>): Routine<void, never> {
  yield* to.send(1);
  throw new RangeError("half done");
}

export function* sendsFunction(to: Sender<unknown>): Routine<void, never> {
  yield* to.send(() => 1);
}

export function* doubles(from: Receiver<number>, to: Sender<number>): Routine<void, never> {
  yield* from.each((n) => to.send(2 * n));
}

export function* ownChannel(): Routine<number, never> {
  const channel = new Channel<number>(1);
  channel.trySend(3);
  return yield* channel.receive();
}

export function* square(n: number): Routine<number, never> {
  yield* sleep(n % 3);
  if (n === 13) throw new RangeError("thirteen");
  return n * n;
}
