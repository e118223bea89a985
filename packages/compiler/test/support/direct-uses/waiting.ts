"use fibers";
/** Waiting and running, each function of `fibril/direct` used once. */
import {
  abortable,
  abortSignal,
  breathe,
  called,
  checkpoint,
  daemon,
  dump,
  Fiber,
  main,
  monitor,
  once,
  park,
  Run,
  run,
  runSync,
  select,
  sleep,
  spawn,
  suspend,
  type Task,
  toAsync,
  toAsyncGenerator,
  trySelect,
  unpark,
  until,
  use,
  wait,
  yieldNow,
  Channel,
} from "fibril/direct";
import { Fiber as FiberOp, type Routine, sleep as sleepOp } from "fibril";
import type { Use } from "./use.js";

function* routine(n: number): Routine<number> {
  yield* sleepOp(1);
  return n;
}

function* yieldsOnce(n: number) {
  yield* FiberOp.yield(n);
  return "end of a routine";
}

function yields(count: number): string {
  for (let n = 0; n < count; n++) Fiber.yield(n);
  return "end";
}

export const uses = {
  abortable: {
    gives: ["waited", "promised", false],
    by: () => [
      abortable((signal): string => (sleep(1), signal.aborted ? "aborted" : "waited")),
      abortable((): Promise<string> => Promise.resolve("promised")),
      abortSignal().aborted,
    ],
  },
  abortSignal: { gives: false, by: () => abortSignal().aborted },
  breathe: { gives: 3, by: () => [1, 2, 3].reduce((sum) => (breathe(), sum + 1), 0) },
  called: {
    gives: 4,
    by: (): number => wait(called((n: number): number => (sleep(1), 2 * n), 2)),
  },
  checkpoint: { gives: undefined, by: () => checkpoint() },
  daemon: {
    gives: [undefined, true],
    by: () => {
      const child: Task<never> = daemon("tired", () => {
        for (;;) sleep(1_000);
      });
      sleep(1);
      return [child.outcome, child.alive];
    },
  },
  dump: {
    gives: true,
    by: () => {
      const child = spawn("sleepy", () => sleep(1));
      return dump(child).includes("sleepy") && dump().includes("sleepy");
    },
  },
  Fiber: {
    gives: ["raised", 0, false, "end", true, "end of a routine"],
    by: () => {
      const ofRoutine = new Fiber(yieldsOnce);
      const one: number | string = ofRoutine.resume(1);
      const end = one === 1 ? ofRoutine.resume() : "not resumed";
      const failing = new Fiber((): unknown => {
        try {
          return Fiber.yield("first");
        } catch (error) {
          return (error as Error).message;
        }
      });
      Fiber.resume(failing);
      const raised = Fiber.raise(failing, new Error("raised"));
      const counting = new Fiber(yields);
      const first: number = Fiber.resume<number>(counting, 5);
      Fiber.kill(counting);
      const other: Fiber = new Fiber(yields);
      return [raised, first, counting.alive, Fiber.resume(other, 0), Fiber.current.alive, end];
    },
  },
  main: { gives: "function", by: () => typeof main },
  monitor: {
    gives: ["returned", true],
    by: () => {
      const seen: unknown[] = [];
      const child = spawn(() => sleep(1));
      monitor(child, ({ ending, fiber }) => seen.push(ending, fiber === child));
      child.join();
      return seen;
    },
  },
  once: {
    gives: "go",
    by: () => {
      const target = new EventTarget();
      spawn(() => target.dispatchEvent(new Event("go")));
      const event: Event = once<Event>(target, "go");
      return event.type;
    },
  },
  park: {
    gives: "morning",
    by: () => {
      const sleeper: Task<string> = spawn(() => park<string>());
      yieldNow();
      unpark(sleeper, "morning");
      return sleeper.join();
    },
  },
  Run: { gives: [true, 5], by: () => runs(run(() => (sleep(1), 5))) },
  run: {
    gives: [3, 4],
    by: () => {
      const ofRoutine: Run<number> = run(routine, 3);
      const ofDirect: Run<number> = run({ name: "direct" }, (n: number) => (sleep(1), n), 4);
      return [until(ofRoutine), until(ofDirect)];
    },
  },
  runSync: {
    gives: 10,
    by: () => {
      // A simulation below a fiber: it has a clock of its own.
      const value: number = runSync((n: number) => (yieldNow(), 2 * n), 5);
      return value;
    },
  },
  select: {
    gives: ["job", "wash", 1],
    by: () => {
      const jobs = new Channel<string>(2);
      jobs.send("wash");
      const found = select({ job: () => jobs.receive(), late: () => sleep(1_000) });
      const key: "job" | "late" = found.key;
      jobs.send("dry");
      const listed = select([() => sleep(1_000), () => jobs.receive()]);
      const index: number = listed.key;
      return [key, found.value, index];
    },
  },
  sleep: { gives: undefined, by: () => sleep(1) },
  spawn: {
    gives: [3, 8],
    by: () => {
      const ofRoutine: Task<number> = spawn(routine, 3);
      const ofDirect: Task<number> = spawn("double", (n: number) => (sleep(1), 2 * n), 4);
      return [ofRoutine.join(), wait(ofDirect)];
    },
  },
  suspend: { gives: 5, by: (): number => suspend<number>((wake) => void setTimeout(wake, 1, 5)) },
  toAsync: {
    gives: 6,
    by: () => {
      const double = toAsync((n: number): number => (sleep(1), 2 * n));
      const result: number = until(double(3));
      return result;
    },
  },
  toAsyncGenerator: {
    gives: [0, 1],
    by: () => {
      const numbers = toAsyncGenerator(yields);
      const found: unknown[] = [];
      const generator = numbers(2);
      for (let next = until(generator.next()); !next.done; next = until(generator.next())) {
        found.push(next.value);
      }
      return found;
    },
  },
  trySelect: {
    gives: [undefined, 5],
    by: () => {
      const numbers = new Channel<number>(1);
      const none = trySelect({ number: () => numbers.receive() });
      numbers.send(5);
      const value: number | undefined = trySelect({ number: () => numbers.receive() })?.value;
      return [none, value];
    },
  },
  unpark: { gives: false, by: (): boolean => unpark(spawn(() => sleep(1))) },
  until: {
    gives: ["value", "named", "made"],
    by: (): string[] => [
      until(Promise.resolve("value")),
      until("an answer", Promise.resolve("named")),
      until((signal) => Promise.resolve(signal.aborted ? "aborted" : "made")),
    ],
  },
  use: {
    gives: true,
    by: () => {
      let closed = false;
      const child = spawn(() => void use({ [Symbol.dispose]: () => (closed = true) }));
      child.join();
      return closed;
    },
  },
  wait: {
    gives: [3, 7, ["a"], "b"],
    by: () => {
      const waited: number = wait(routine(3));
      const value: number = wait(7);
      const list: string[] = wait(["a"]);
      const [text]: Iterable<string> = wait(new Set(["b"]));
      return [waited, value, list, text];
    },
  },
  yieldNow: { gives: undefined, by: () => yieldNow() },
} satisfies Readonly<Record<string, Use>>;

function runs(started: Run<number>): [boolean, number] {
  return [started instanceof Run, until(started)];
}
