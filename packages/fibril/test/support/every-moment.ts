/** A fiber at a wait, asked to end in some way at some moment: the parts of task-every-moment.test.ts. */
import {
  abortable,
  type AnyEventTarget,
  all,
  any,
  type Deadline,
  Fiber,
  forEach,
  hedge,
  loader,
  memoize,
  monitor,
  moveOnAfter,
  once,
  type Op,
  park,
  Reader,
  race,
  RateLimiter,
  type Routine,
  scope,
  type Scope,
  settled,
  shield,
  sleep,
  spawn,
  started,
  suspend,
  unpark,
  until,
  yieldNow,
} from "fibril";
import { WaitQueue } from "#core/kernel/wait-queue";
import type { AnyFiber } from "./body.ts";
import { channelWaits } from "./channel-waits.ts";
import { type Hooks, VALUE, type WaitSort } from "./wait-sort.ts";

export { type AWait, VALUE, type WaitSort } from "./wait-sort.ts";

export class Raised extends Error {}

/** The fibers that take part. */
export interface Scene {
  all: Scope;
  inner: Scope | undefined;
  target: AnyFiber;
  root: AnyFiber;
  controller: AbortController;
  deadline: Deadline;
  readonly raised: Raised;
}

export interface Source {
  readonly name: string;
  readonly kind: "cancel" | "inner" | "raise" | "kill";
  ask(scene: Scene): void;
}

export const FAILURE: Error = new Error("the sibling's failure");

export const sources: readonly Source[] = [
  { name: "scope.cancel", kind: "cancel", ask: ({ all }) => all.cancel("why") },
  {
    name: "scope.cancel with grace",
    kind: "cancel",
    ask: ({ all }) => all.cancel("why", { grace: 3 }),
  },
  { name: "the cancel of its own scope", kind: "inner", ask: ({ inner }) => inner?.cancel("why") },
  { name: "fiber.cancel", kind: "cancel", ask: ({ target }) => void target.cancel("why") },
  {
    name: "fiber.cancel with grace",
    kind: "cancel",
    ask: ({ target }) => void target.cancel("why", { grace: 3 }),
  },
  { name: "run.cancel", kind: "cancel", ask: ({ root }) => void root.cancel("why") },
  { name: "a signal", kind: "cancel", ask: ({ controller }) => controller.abort("why") },
  { name: "a deadline now", kind: "cancel", ask: ({ deadline }) => void deadline.reset(0) },
  { name: "a deadline later", kind: "cancel", ask: ({ deadline }) => void deadline.reset(5) },
  {
    name: "a sibling's failure",
    kind: "cancel",
    ask: ({ all }) =>
      void all.spawn(function* failing() {
        throw FAILURE;
      }),
  },
  { name: "raise", kind: "raise", ask: ({ raised, target }) => void target.raise(raised) },
  { name: "kill", kind: "kill", ask: ({ target }) => void target.kill() },
];

type Answer = (value: string) => void;

function suspension(
  name: string,
  how: (hooks: Hooks, keep: (wake: Answer) => void) => Op<unknown>,
  sort: Partial<WaitSort> = {},
): WaitSort {
  return {
    name,
    hasBegin: true,
    canWake: true,
    ...sort,
    create(hooks) {
      let answer: Answer = () => {};
      return {
        make: () => how(hooks, (wake) => (answer = wake)),
        wake(then) {
          answer(VALUE);
          then();
        },
      };
    },
  };
}

/** A thenable that answers when it is told to. */
function answering(begins: () => void, keep: (wake: Answer) => void): unknown {
  return {
    // oxlint-disable-next-line unicorn/no-thenable -- that is the case
    then(resolve: Answer) {
      keep(resolve);
      begins();
    },
  };
}

/** What emits one event when it is told to. */
function listened(begins: () => void, keep: (wake: Answer) => void): AnyEventTarget {
  return {
    addEventListener(_type, listener) {
      keep(listener);
      begins();
    },
    removeEventListener() {},
  };
}

/** Waits where no request reaches, but not for ever. */
function patiently(): Op<unknown> {
  return shield(() => moveOnAfter(20, () => park()));
}

function parked(name: string, make: (other: AnyFiber) => Op<unknown> | Routine<unknown>): WaitSort {
  return {
    name,
    canWake: true,
    create() {
      const other = spawn("other", function* () {
        yield* patiently();
        return VALUE;
      });
      return {
        make: () => make(other),
        wake(then) {
          // Notified after the fibers that joined it before.
          monitor(other, then);
          unpark(other);
        },
      };
    },
  };
}

/** What a combinator does in children of its own, which wait for ever. */
function combined(name: string, make: () => Routine<unknown>): WaitSort {
  return { name, routine: true, create: () => ({ make }) };
}

const forEver = (): Op<void> => sleep(Infinity);

/** Of other fibers, which hold what is waited for and are ended with the scope. */
const combinators: readonly WaitSort[] = [
  combined("all", () => all([forEver, () => park()]) as never),
  combined("race", () => race([forEver, () => park()]) as never),
  combined("any", () => any([forEver, () => park()]) as never),
  combined("settled", () => settled([forEver, () => park()]) as never),
  combined("hedge", () => hedge(forEver, { after: 1 }) as never),
  combined("forEach", () => forEach([1, 2, 3], forEver, { concurrency: 2 }) as never),
  combined("a rate limiter", function* () {
    const limiter = new RateLimiter({ limit: 1, per: 1_000_000 });
    yield* limiter.acquire();
    yield* limiter.acquire();
  }),
  combined("a memoized routine", () => memoize(forEver)() as never),
  combined("a loader", () => loader(forEver as never).load(1) as never),
];

export const waits: readonly WaitSort[] = [
  ...channelWaits,
  ...combinators,
  suspension("suspend", ({ begins }, keep) =>
    suspend((wake: Answer) => {
      keep(wake);
      begins();
    }),
  ),
  suspension(
    "suspend with undo",
    ({ begins, undone }, keep) =>
      suspend("a name", (wake: Answer) => {
        keep(wake);
        begins();
        return undone;
      }),
    { hasUndo: true },
  ),
  suspension("until of a thenable", ({ begins }, keep) =>
    until({
      // oxlint-disable-next-line unicorn/no-thenable -- that is the case
      then(resolve: Answer) {
        keep(resolve);
        begins();
      },
    } as never),
  ),
  suspension(
    "until of a function",
    ({ begins, undone }, keep) =>
      until((signal) => {
        signal.addEventListener("abort", undone);
        begins();
        // oxlint-disable-next-line unicorn/no-thenable -- that is the case
        return { then: (resolve: Answer) => keep(resolve) } as never;
      }),
    { hasUndo: true },
  ),
  suspension("until with a name", ({ begins }, keep) =>
    until("a name", answering(begins, keep) as PromiseLike<unknown>),
  ),
  suspension("abortable", ({ begins }, keep) =>
    abortable(() => answering(begins, keep) as PromiseLike<unknown>),
  ),
  suspension("once", ({ begins }, keep) => once(listened(begins, keep), "go")),
  suspension("a reader", ({ begins }, keep) => {
    const next = (): Promise<IteratorResult<string>> =>
      answering(begins, (wake) => keep((value) => wake({ done: false, value } as never))) as never;
    return Reader.from({ [Symbol.asyncIterator]: () => ({ next }) }).read();
  }),
  { name: "until of a promise", create: () => ({ make: () => until(new Promise(() => {})) }) },
  { name: "sleep", create: () => ({ make: () => sleep(Infinity) }) },
  { name: "a timed sleep", create: () => ({ make: () => sleep(7) }) },
  { name: "yieldNow", create: () => ({ make: () => yieldNow() }) },
  {
    name: "park",
    canWake: true,
    create: () => ({
      make: () => park(),
      wake(then, target) {
        unpark(target, VALUE);
        then();
      },
    }),
  },
  {
    name: "a wait queue",
    canWake: true,
    create() {
      const queue = new WaitQueue<string>("a turn");
      return {
        make: () => queue.wait("item"),
        wake(then) {
          if (!queue.wake(VALUE)) throw new Error("nobody waits");
          then();
        },
      };
    },
  },
  parked("join", (other) => other.join() as Op<unknown>),
  {
    name: "the end of another",
    routine: true,
    canWake: true,
    create() {
      const other = spawn("other", function* () {
        yield* patiently();
      });
      return {
        *make() {
          yield* other.cancel("not needed");
          return VALUE;
        },
        wake(then) {
          monitor(other, then);
          unpark(other);
        },
      };
    },
  },
  {
    name: "scope.start",
    routine: true,
    canWake: true,
    create() {
      let service: AnyFiber | undefined;
      let after = (): void => {};
      return {
        *make() {
          return yield* scope(function* (services: Scope) {
            return yield* services.start(function* () {
              service = Fiber.current as AnyFiber;
              yield* park();
              started(VALUE);
              after();
            });
          });
        },
        wake(then) {
          after = then;
          if (service !== undefined) unpark(service);
        },
      };
    },
  },
  {
    name: "the children of a scope",
    routine: true,
    canWake: true,
    create() {
      let child: AnyFiber | undefined;
      return {
        *make() {
          return yield* scope(function* () {
            child = spawn("child", () => park() as never);
            return VALUE;
          });
        },
        wake(then) {
          monitor(child as AnyFiber, then);
          unpark(child as AnyFiber);
        },
      };
    },
  },
];
