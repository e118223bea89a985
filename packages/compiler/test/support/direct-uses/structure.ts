"use fibers";
/** Structure and combining, each function of `fibril/direct` used once. */
import {
  all,
  any,
  batches,
  Cancelled,
  cancelling,
  Channel,
  createContext,
  type CreatedScope,
  createScope,
  currentDeadline,
  Deadline,
  DeadlockError,
  defer,
  each,
  failAfter,
  failAt,
  FiberError,
  forEach,
  hedge,
  inCompletionOrder,
  map,
  moveOnAfter,
  moveOnAt,
  now,
  race,
  resource,
  runSync,
  scope,
  Scope,
  settled,
  shield,
  sleep,
  spawn,
  started,
  supervise,
  supervised,
  Supervisor,
  supervisor,
  type Task,
  TimeoutError,
  until,
  yieldNow,
} from "fibril/direct";
import type { Use } from "./use.js";

function fails(): never {
  sleep(1);
  throw new Error("failed");
}

/** What a function throws. */
function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}

function cancelledWith(reason: unknown): unknown {
  const child = spawn(() => thrownBy(() => sleep(1_000)));
  yieldNow();
  void child.cancel(reason);
  return child.join();
}

export const uses = {
  all: {
    gives: [1, "two", { three: 3 }],
    by: () => {
      const [one, two]: [number, string] = all([() => (sleep(1), 1), () => "two"]);
      const { three }: { three: number } = all({ three: () => (sleep(1), 3) });
      return [one, two, { three }];
    },
  },
  any: { gives: "second", by: (): string => any([fails, () => (sleep(2), "second")]) },
  batches: {
    gives: [[1, 2], [3]],
    by: () => {
      const seen: number[][] = [];
      batches([1, 2, 3], { size: 2 }, (batch) => (sleep(1), seen.push(batch)));
      return seen;
    },
  },
  Cancelled: { gives: true, by: () => cancelledWith("enough") instanceof Cancelled },
  cancelling: {
    gives: [undefined, "enough"],
    by: () => {
      let reason: unknown;
      const child = spawn(() => {
        try {
          sleep(1_000);
        } finally {
          reason = cancelling()?.reason;
        }
      });
      yieldNow();
      void child.cancel("enough");
      thrownBy(() => child.join());
      return [cancelling(), reason];
    },
  },
  createContext: {
    gives: ["nobody", "somebody", "nobody"],
    by: () => {
      const user = createContext("nobody");
      const inside: string = user.with("somebody", () => (sleep(1), user.get()));
      return [user.get(), inside, user.get()];
    },
  },
  createScope: {
    gives: 5,
    by: () => {
      const life: CreatedScope = createScope();
      const child: Task<number> = life.spawn(() => (sleep(1), 5));
      const result = until(child.promise());
      until(life.close());
      return result;
    },
  },
  currentDeadline: { gives: true, by: () => failAfter(1_000, () => currentDeadline() > now()) },
  Deadline: { gives: true, by: () => failAfter(1_000, (limit) => limit instanceof Deadline) },
  DeadlockError: {
    gives: true,
    by: () => thrownBy(() => runSync(() => new Channel(0).receive())) instanceof DeadlockError,
  },
  defer: {
    gives: ["body", "later", "returned"],
    by: () => {
      const seen: string[] = [];
      scope(() => {
        defer((word: string, ending) => {
          sleep(1);
          seen.push(word, ending.ending);
        }, "later");
        seen.push("body");
      });
      return seen;
    },
  },
  each: {
    gives: [1, 2, 3, 4],
    by: () => {
      const seen: number[] = [];
      const numbers = new Channel<number>(2);
      numbers.send(3);
      numbers.send(4);
      numbers.close();
      each([1, 2], (n) => (sleep(1), seen.push(n)));
      each(numbers, (n) => (sleep(1), seen.push(n)));
      return seen;
    },
  },
  failAfter: {
    gives: ["in time", true],
    by: () => [
      failAfter(1_000, () => (sleep(1), "in time")),
      thrownBy(() => failAfter(1, () => sleep(1_000))) instanceof TimeoutError,
    ],
  },
  failAt: { gives: 5, by: (): number => failAt(now() + 1_000, () => (sleep(1), 5)) },
  FiberError: {
    gives: [true, "ended"],
    by: () => {
      const numbers = new Channel<number>();
      numbers.close();
      const error = thrownBy(() => numbers.receive());
      return [error instanceof FiberError, (error as FiberError).code];
    },
  },
  forEach: {
    gives: 6,
    by: () => {
      let sum = 0;
      forEach([1, 2, 3], (n) => (sleep(1), (sum += n)), { concurrency: 2 });
      return sum;
    },
  },
  hedge: {
    gives: 2,
    by: (): number => hedge((attempt) => (sleep(attempt === 1 ? 1_000 : 1), attempt), { after: 1 }),
  },
  inCompletionOrder: {
    gives: ["quick", "slow"],
    by: () => {
      const seen: string[] = [];
      inCompletionOrder([() => (sleep(20), "slow"), () => "quick"], (word) => {
        yieldNow();
        seen.push(word);
      });
      return seen;
    },
  },
  map: {
    gives: [
      [2, 4],
      ["1", "2"],
    ],
    by: () => {
      const doubled: number[] = map([1, 2], (n) => (sleep(1), 2 * n), { concurrency: 2 });
      const words = new Channel<string>(2);
      map([1, 2], (n) => (sleep(1), `${n}`), { concurrency: 1, into: words });
      return [doubled, words.tryDrain()];
    },
  },
  moveOnAfter: {
    gives: ["late", 5],
    by: () => {
      const late: string = moveOnAfter(1, () => (sleep(1_000), "never"), "late");
      const inTime: number | undefined = moveOnAfter(1_000, () => (sleep(1), 5));
      return [late, inTime];
    },
  },
  moveOnAt: { gives: undefined, by: () => moveOnAt(now() + 1, () => sleep(1_000)) },
  now: { gives: "number", by: () => typeof now() },
  race: {
    gives: "quick",
    by: (): string | number => race([() => (sleep(1_000), 1), () => (sleep(1), "quick")]),
  },
  resource: {
    gives: ["opened", "used", "closed"],
    by: () => {
      const seen: string[] = [];
      scope(() => {
        const log: string[] = resource(
          () => (sleep(1), seen.push("opened"), seen),
          (value) => (sleep(1), value.push("closed")),
        );
        log.push("used");
      });
      return seen;
    },
  },
  scope: {
    gives: ["child", 5],
    by: () => {
      const seen: unknown[] = [];
      const result: number | undefined = scope((all) => {
        all.spawn(() => (sleep(1), seen.push("child")));
        return 5;
      });
      return [...seen, result];
    },
  },
  Scope: {
    gives: [true, "ready"],
    by: () =>
      scope((all: Scope) => {
        const value: unknown = all.start("server", () => {
          sleep(1);
          started("ready");
          sleep(1);
        });
        return [all instanceof Scope, value];
      }),
  },
  settled: {
    gives: ["returned", 1, "failed"],
    by: () => {
      const [good, bad] = settled([() => (sleep(1), 1), fails]);
      return [good.ending, good.ending === "returned" ? good.value : undefined, bad.ending];
    },
  },
  shield: { gives: 5, by: (): number => shield(() => (sleep(1), 5)) },
  started: {
    gives: undefined,
    by: () => scope((all) => void all.start(() => started())),
  },
  supervise: {
    gives: ["a", "b", "b"],
    by: () => {
      const seen: string[] = [];
      let failures = 0;
      const b = (word: string): void => {
        sleep(1);
        seen.push(word);
        if (failures++ === 0) throw new Error("again");
      };
      supervise([() => seen.push("a"), ["second", b, "b"]]);
      return seen;
    },
  },
  supervised: {
    gives: 5,
    by: (): number | undefined => supervised((all) => all.spawn(() => (sleep(1), 5)).join()),
  },
  Supervisor: {
    gives: true,
    by: () => supervisor({}, (children) => children instanceof Supervisor),
  },
  supervisor: {
    gives: ["work", true, 0],
    by: () =>
      supervisor({}, (children) => {
        const child: Task<void> = children.start("work", (ms: number) => sleep(ms), 1_000);
        const name = children.get("work")?.name;
        yieldNow();
        const stopped: boolean = children.stop("work");
        return [name, stopped && !child.alive, children.children().length];
      }),
  },
  TimeoutError: {
    gives: "TimeoutError",
    by: () => (thrownBy(() => failAfter(1, () => sleep(1_000))) as TimeoutError).name,
  },
} satisfies Readonly<Record<string, Use>>;
