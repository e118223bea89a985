"use fibers";
/** Policies, each function of `fibril/direct` used once. */
import {
  CircuitBreaker,
  CircuitOpenError,
  debounce,
  every,
  exponential,
  fibonacci,
  FiberMap,
  fifo,
  fixed,
  loader,
  type Loader,
  locality,
  memoize,
  RateLimiter,
  retry,
  run,
  Schedule,
  scope,
  seeded,
  sleep,
  spawn,
  type Task,
  throttle,
  timeout,
  until,
  yieldNow,
} from "fibril/direct";
import type { Policy } from "fibril";
import type { Use } from "./use.js";

const ordered = (policy: Policy): number =>
  until(run({ policy }, () => (yieldNow(), spawn(() => (yieldNow(), 5)).join())));

/** How often a function was called that fails twice. */
function attempts(schedule: Schedule): number {
  return retry((attempt) => {
    yieldNow();
    if (attempt < 3) throw new Error("again");
    return attempt;
  }, schedule);
}

export const uses = {
  CircuitBreaker: {
    gives: [5, "closed"],
    by: () => {
      const breaker = new CircuitBreaker({ failures: 1, reset: 1_000 });
      const inside: number = breaker.with(() => (sleep(1), 5));
      return [inside, breaker.state];
    },
  },
  CircuitOpenError: {
    gives: [false, true],
    by: () => {
      const breaker = new CircuitBreaker({ failures: 1, reset: 1_000 });
      return [1, 2].map(() => {
        try {
          return breaker.with(() => {
            sleep(1);
            throw new Error("down");
          });
        } catch (error) {
          return error instanceof CircuitOpenError;
        }
      });
    },
  },
  debounce: {
    gives: ["b"],
    by: () => {
      const seen: string[] = [];
      scope((all) => {
        const save = debounce(all, 1, (word: string) => (sleep(1), seen.push(word)));
        save("a");
        save("b");
      });
      return seen;
    },
  },
  every: {
    gives: 2,
    by: () => {
      let ticks = 0;
      every(
        () => (ticks === 2 ? null : new Date()),
        ({ missed }) => {
          sleep(1);
          ticks += missed + 1;
        },
      );
      return ticks;
    },
  },
  exponential: { gives: 3, by: () => attempts(exponential(1)) },
  fibonacci: { gives: 3, by: () => attempts(fibonacci(1)) },
  FiberMap: {
    gives: [5, 1],
    by: () =>
      scope((all) => {
        const tasks = new FiberMap<string>(all);
        const task: Task<number> = tasks.spawn("a", (n: number) => (sleep(1), n), 5);
        const { size } = tasks;
        return [task.join(), size];
      }),
  },
  fifo: { gives: 5, by: () => ordered(fifo) },
  fixed: { gives: 3, by: () => attempts(fixed(1).attempts(3)) },
  loader: {
    gives: [2, [4, 6], 1],
    by: () => {
      let calls = 0;
      const double: Loader<number, number> = loader((keys: readonly number[]) => {
        calls++;
        sleep(1);
        return keys.map((key) => 2 * key);
      });
      const others = spawn(() => double.loadMany([2, 3]));
      const one: number = double.load(1);
      return [one, others.join(), calls];
    },
  },
  locality: { gives: 5, by: () => ordered(locality) },
  memoize: {
    gives: [4, 4, 1],
    by: () => {
      let calls = 0;
      const double = memoize((n: number): number => (sleep(1), calls++, 2 * n));
      const first: number = double(2);
      return [first, double(2), calls];
    },
  },
  RateLimiter: {
    gives: [5, false],
    by: () => {
      const limiter = new RateLimiter({ limit: 2, per: 100_000 });
      limiter.acquire();
      const inside: number = limiter.with(() => (sleep(1), 5));
      return [inside, limiter.tryAcquire()];
    },
  },
  retry: { gives: 3, by: (): number => attempts(fixed(1)) },
  Schedule: { gives: true, by: () => fixed(1) instanceof Schedule },
  seeded: { gives: 5, by: () => ordered(seeded(1)) },
  throttle: {
    gives: ["c"],
    by: () => {
      const seen: string[] = [];
      scope((all) => {
        const save = throttle(all, 1, (word: string) => (sleep(1), seen.push(word)));
        for (const word of ["a", "b", "c"]) save(word);
      });
      return seen;
    },
  },
  timeout: { gives: 5, by: (): number => timeout(1_000, (n: number) => (sleep(1), n), 5) },
} satisfies Readonly<Record<string, Use>>;
