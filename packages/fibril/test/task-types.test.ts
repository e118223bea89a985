/**
 * What the compiler infers of tasks, and what it refuses. Every `@ts-expect-error` fails the build when
 * the line below it compiles; `exactly` fails it when two types differ. The bodies run too.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Cancellation,
  type Cancelled,
  cancelling,
  createContext,
  type CreatedScope,
  createScope,
  daemon,
  type Deadline,
  defer,
  type End,
  type Ending,
  failAfter,
  Fiber,
  type FiberOutcome,
  main,
  monitor,
  moveOnAfter,
  type Op,
  resource,
  type Routine,
  type Run,
  run,
  runSync,
  scope,
  type Scope,
  type ScopeEnding,
  shield,
  sleep,
  spawn,
  type Spawned,
  supervise,
  type SupervisedChild,
  supervised,
  suspend,
  until,
  yieldNow,
} from "fibril";
import { VirtualHost } from "fibril/testing";
import { play } from "./support/manual-host.ts";

type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Compiles when A and B are one type. */
function exactly<A, B>(..._same: Same<A, B> extends true ? [] : [never]): void {}

function* work(n: number, text = "") {
  yield* sleep(1);
  return `${n}${text}`;
}

test("spawn and join infer the result, and check the arguments", () => {
  play(function* () {
    const child = spawn(work, 1, "x");
    exactly<typeof child, Spawned<string>>();
    const result = yield* child;
    exactly<typeof result, string>();
    const again = yield* child.join();
    exactly<typeof again, string>();
    const named = daemon("name", work, 1);
    exactly<typeof named, Spawned<string>>();
    const promise = child.promise();
    exactly<typeof promise, Promise<string>>();
    const nothing = yield* child.cancel("why");
    exactly<typeof nothing, void>();
    yield* named;
    const wrong = [
      // @ts-expect-error the argument is a number
      () => spawn(work, "1"),
      // @ts-expect-error it takes one
      () => spawn(work),
      // @ts-expect-error not three
      () => spawn(work, 1, "x", 2),
      // @ts-expect-error no routine
      () => spawn(5),
      // @ts-expect-error an async function
      () => spawn(async () => {}),
      // @ts-expect-error a task is not resumed with values
      () => child.resume(5),
      // @ts-expect-error nor without
      () => child.resume(),
      // @ts-expect-error nor by op
      () => Fiber.resume(child),
      // @ts-expect-error nor enumerated
      () => child.values(),
    ];
    assert.equal(wrong.length, 9);
  });
});

test("run and runSync infer the result, with options before the routine", async () => {
  const first = run(work, 1);
  exactly<typeof first, Run<string>>();
  exactly<typeof first.fiber, Spawned<string>>();
  const result = await first;
  exactly<typeof result, string>();
  const named = await run({ name: "main" }, work, 1, "x");
  exactly<typeof named, string>();
  const sum = runSync(
    { name: "main" },
    function* (a: number, b: number) {
      yield* yieldNow();
      return a + b;
    },
    1,
    2,
  );
  exactly<typeof sum, number>();
  assert.equal(sum, 3);
  const wrong = [
    // @ts-expect-error the argument
    () => run(work, "1"),
    // @ts-expect-error the options
    () => run({ nmae: "typo" }, work, 1),
    // @ts-expect-error no host for it
    () => runSync({ signal: AbortSignal.abort() }, work, 1),
  ];
  assert.equal(wrong.length, 3);
});

test("scopes and limits infer the block's result, and hand it their handle", () => {
  play(function* () {
    const one = yield* scope(function* (all) {
      exactly<typeof all, Scope>();
      return 1;
    });
    exactly<typeof one, number | undefined>();
    const two = yield* supervised(() => work(2));
    exactly<typeof two, string | undefined>();
    const three = yield* shield(() => work(3));
    exactly<typeof three, string>();
    const four = yield* failAfter(5, function* (deadline) {
      exactly<typeof deadline, Deadline>();
      return yield* work(4);
    });
    exactly<typeof four, string>();
    const five = yield* moveOnAfter(5, () => work(5));
    exactly<typeof five, string | undefined>();
    const six = yield* moveOnAfter(5, () => work(6), null);
    exactly<typeof six, string | null>();
    const seven = yield* moveOnAfter(5, () => sleep(1));
    exactly<typeof seven, void | undefined>();
    assert.deepEqual([one, two, three, four, five, six], [1, "2", "3", "4", "5", "6"]);
  });
});

test("waits infer what they result in", async () => {
  await run(function* () {
    const a = yield* until(Promise.resolve(1));
    exactly<typeof a, number>();
    const b = yield* until((signal) => {
      exactly<typeof signal, AbortSignal>();
      return Promise.resolve("b");
    });
    exactly<typeof b, string>();
    const c = yield* suspend<boolean>((wake) => wake(true));
    exactly<typeof c, boolean>();
    const d = yield* suspend((wake) => wake());
    exactly<typeof d, void>();
    const slept = sleep(0);
    exactly<typeof slept, Op<void>>();
    yield* slept;
    assert.deepEqual([a, b, c], [1, "b", true]);
    const wrong = [
      // @ts-expect-error the wake takes a boolean
      () => suspend<boolean>((wake) => wake("text")),
      // @ts-expect-error no promise
      () => until(5),
      // @ts-expect-error no milliseconds
      () => sleep("5"),
    ];
    assert.equal(wrong.length, 3);
  });
});

test("resources, deferred work and contexts carry their types", () => {
  play(function* () {
    const file = yield* resource(
      function* () {
        yield* sleep(1);
        return { name: "file" };
      },
      function* (got) {
        exactly<typeof got, { name: string }>();
      },
    );
    exactly<typeof file, { name: string }>();
    defer(work, 1);
    defer(work(2));
    defer(sleep(1));
    defer(spawn(work, 3));
    const context = createContext<string | undefined>(undefined);
    const result = yield* context.with("x", work, 1);
    exactly<typeof result, string>();
    const got = context.get();
    exactly<typeof got, string | undefined>();
    const wrong = [
      // @ts-expect-error the argument of the deferred
      () => defer(work, "1"),
      // @ts-expect-error nothing would wait for it
      () => defer(async () => {}),
      // @ts-expect-error neither nothing nor something to run
      () => defer(() => 5),
      // @ts-expect-error the context's value
      () => context.with(5, work, 1),
      // @ts-expect-error the release takes what was acquired
      () => resource(work.bind(null, 1), function* (_got: number) {}),
    ];
    defer(() => {});
    defer((_n: number) => {}, 1);
    defer(function* (ending) {
      exactly<typeof ending, ScopeEnding>();
    });
    defer(function* (name: string, ending) {
      exactly<typeof ending, ScopeEnding>();
      assert.equal(name, "x");
    }, "x");
    defer((ending) => {
      exactly<typeof ending, ScopeEnding>();
    });
    defer((_n: number, _ending: ScopeEnding) => {}, 1);
    yield* resource(
      function* () {
        return 1;
      },
      function* (got, { ending, value }) {
        exactly<typeof got, number>();
        exactly<typeof ending, Ending>();
        exactly<typeof value, unknown>();
      },
      { cancellable: true },
    );
    const misled = function* (_name: string, _ending: number) {};
    const options = { canncellable: true };
    const strange = [
      // @ts-expect-error a deferred routine is passed the ending, and nothing else
      () => defer(misled, "x"),
      // @ts-expect-error no option
      () => resource(() => work(1), misled.bind(null, "x", 1), options),
    ];
    assert.equal(wrong.length + strange.length, 7);
  });
});

test("a monitor receives the fiber that it was given", () => {
  play(function* () {
    const child = spawn(work, 1);
    monitor(child, (end) => {
      exactly<typeof end, End<Spawned<string>>>();
      exactly<typeof end.fiber, Spawned<string>>();
    });
    yield* child;
    const { parent, children, waitingOn, status, outcome } = child;
    exactly<typeof outcome, FiberOutcome<string> | undefined>();
    if (outcome?.ending === "returned") exactly<typeof outcome.value, string>();
    const why = cancelling();
    exactly<typeof why, Cancellation | undefined>();
    exactly<typeof parent, Fiber | undefined>();
    exactly<typeof children, Fiber[]>();
    exactly<
      typeof waitingOn,
      { readonly what: string; readonly since: number | undefined } | undefined
    >();
    assert.equal(status, "terminated");
  });
});

test("what a routine does besides waiting shows in its type, so a task cannot yield values by mistake", () => {
  function* yields(): Routine<number, string, boolean> {
    const got = yield* Fiber.yield<boolean, string>("out");
    return got ? 1 : 0;
  }
  const coroutine = new Fiber(yields);
  exactly<typeof coroutine, Fiber<[], string, boolean, number>>();
  const waits = new Fiber(work);
  exactly<typeof waits, Fiber<[n: number, text?: string], never, unknown, string>>();
  assert.ok(coroutine);
  const wrong = [
    // @ts-expect-error a run has no resumer
    () => run(yields),
    // @ts-expect-error nor has it with options
    () => run({ name: "main" }, yields),
    // @ts-expect-error nor one that yields values of two types
    () => runSync(yieldsTwo),
    // @ts-expect-error nor has a program
    () => main(yields),
    // @ts-expect-error nor a task
    () => spawn(yields),
    // @ts-expect-error nor one with a name
    () => daemon("name", yields),
    // @ts-expect-error what is not run by a scheduler is not joined
    () => coroutine.join(),
    () =>
      joins(function* () {
        // @ts-expect-error nor under yield*
        yield* waits;
      }),
  ];
  assert.equal(wrong.length, 8);
  const someFiber = (fiber: Fiber) => joins(() => fiber);
  assert.ok(someFiber);
  const of = (error: Cancelled) => error.fiber;
  exactly<ReturnType<typeof of>, Fiber>();
  const read = (error: Cancelled) => error.source;
  exactly<
    ReturnType<typeof read>,
    "fiber" | "scope" | "deadline" | "failure" | "signal" | "parent"
  >();
});

function* yieldsTwo() {
  yield* Fiber.yield(1);
  yield* Fiber.yield("text");
}

const joins = (routine: () => Iterable<unknown>): unknown => routine;

test("supervise checks the arguments of its children", () => {
  function* counter(from: number, unit?: "ms" | "s", tags?: string[]) {
    return [from, unit, tags];
  }
  function* service() {}
  const names = ["a", "b"].map((name) => [name, counter, 1] as const);
  const right = [
    () => supervise([service, ["counter", counter, 10], ["service", service]]),
    () => supervise([["counter", counter, 1, "ms", ["tag"]], function* () {}]),
    () => supervise([["inline", function* (_n: number) {}, 10]]),
    () => supervise(names),
    () => supervise([] as SupervisedChild[], { strategy: "one-for-all" }),
  ];
  const wrong = [
    // @ts-expect-error the argument is a number
    () => supervise([["counter", counter, "10"]]),
    // @ts-expect-error it takes one
    () => supervise([service, ["counter", counter]]),
    // @ts-expect-error it takes none
    () => supervise([["service", service, 5]]),
    // @ts-expect-error it needs its argument
    () => supervise([counter]),
    // @ts-expect-error no such strategy
    () => supervise([service], { strategy: "all" }),
    // @ts-expect-error no list
    () => supervise(service),
    // @ts-expect-error no routine
    () => supervise([["service"]]),
  ];
  assert.equal(right.length + wrong.length, 12);
});

test("a created scope is a scope, with an end to await", async () => {
  const fibers = createScope({ host: new VirtualHost() });
  exactly<typeof fibers, CreatedScope>();
  const child = fibers.spawn(work, 1);
  exactly<typeof child, Spawned<string>>();
  const closed = fibers.close();
  exactly<typeof closed, Promise<void>>();
  const as: Scope = fibers;
  assert.equal(as.cancelled, false);
  await closed;
});
