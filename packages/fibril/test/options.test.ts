/**
 * Every option and every argument is checked before anything runs: unknown names, wrong kinds, numbers
 * out of range. The message names the option and says what it takes.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  abortable,
  createContext,
  dump,
  every,
  failAfter,
  failAt,
  fifo,
  Fiber,
  lazy,
  loader,
  memoize,
  monitor,
  run,
  runSync,
  seeded,
  sleep,
  supervise,
  unpark,
  yieldNow,
} from "fibril";
import { simulate, VirtualHost } from "fibril/testing";
import { begin, play } from "./support/manual-host.ts";
import { hostileValues } from "./support/expect.ts";

type Wrong = readonly [options: unknown, error: RegExp];

const NO_BUDGETS: readonly Wrong[] = [
  [{ ms: Number.NaN }, /^RangeError: the option ms of a budget takes milliseconds from 0/],
  [{ ms: -1 }, /^RangeError: the option ms of a budget/],
  [{ ms: "5" }, /^RangeError: the option ms of a budget .*, not "5"$/],
  [{ switches: Number.NaN }, /^RangeError: the option switches of a budget/],
  [{ switches: -1 }, /^RangeError: the option switches of a budget/],
  [{ seconds: 1 }, /^TypeError: a budget has no option "seconds": it has ms, switches$/],
  [5, /^TypeError: the options of a budget must be an object/],
  [null, /^TypeError: the options of a budget must be an object/],
];

const OF_RUN: readonly Wrong[] = [
  ...NO_BUDGETS.map(([budget, error]): Wrong => [{ budget }, error]),
  [{ signal: new AbortController() }, /^TypeError: the option signal of run takes an AbortSignal/],
  [{ signal: null }, /^TypeError: the option signal of run takes an AbortSignal, not null$/],
  [{ signal: new EventTarget() }, /^TypeError: the option signal of run/],
  [
    { policy: fifo() },
    /^TypeError: the option policy of run takes a function that returns a ready set/,
  ],
  [{ policy: seeded(1)() }, /^TypeError: the option policy of run/],
  [{ policy: () => undefined }, /^TypeError: the option policy of run/],
  [{ probe: { spawn: 5 } }, /^TypeError: the hook spawn of a probe takes a function, not 5$/],
  [{ probe: null }, /^TypeError: the option probe of run takes an object/],
  [{ name: Symbol("name") }, /^TypeError: the option name of run takes a string, not a symbol$/],
  [{ asyncContext: "yes" }, /^TypeError: the option asyncContext of run takes a boolean/],
  [{ host: { now: Date.now } }, /^TypeError: a host must implement/],
  [{ host: null }, /^TypeError: a host must implement/],
  [{ signall: undefined }, /^TypeError: run has no option "signall": it has name, .*signal/],
  [[], /^TypeError: the options of run must be an object/],
];

const OF_RUN_SYNC: readonly Wrong[] = [
  [{ signal: AbortSignal.abort() }, /^TypeError: runSync has no option "signal"/],
  [{ budget: {} }, /^TypeError: runSync has no option "budget": it has name, policy, probe$/],
  [{ name: 5 }, /^TypeError: the option name of runSync takes a string, not 5$/],
];

const OF_SUPERVISE: readonly Wrong[] = [
  [{ strategy: "all" }, /^TypeError: the option strategy of supervise takes "one-for-one" or/],
  [{ restart: "sometimes" }, /^TypeError: the option restart of supervise takes "always" or/],
  [{ intensity: { restarts: Number.NaN, within: 1 } }, /^RangeError: the option restarts of an/],
  [{ intensity: { restarts: 1, within: -1 } }, /^RangeError: the option within of an intensity/],
  [{ intensity: { restarts: 1 } }, /^RangeError: the option within of an intensity/],
  [{ intensity: 5 }, /^TypeError: the options of an intensity must be an object/],
  [{ grace: -1 }, /^RangeError: the option grace of supervise takes milliseconds/],
  [{ onRestart: "log" }, /^TypeError: the option onRestart of supervise takes a function/],
  [{ strategies: 1 }, /^TypeError: supervise has no option "strategies"/],
  [null, /^TypeError: the options of supervise must be an object/],
];

const OF_SIMULATE: readonly Wrong[] = [
  [{ runs: Number.NaN }, /^RangeError: the option runs of simulate takes a whole number from 1/],
  [{ runs: 0 }, /^RangeError: the option runs of simulate/],
  [{ runs: 1.5 }, /^RangeError: the option runs of simulate/],
  [{ seed: Number.NaN }, /^RangeError: the option seed of simulate takes a whole number from 0/],
  [{ seed: -1 }, /^RangeError: the option seed of simulate/],
  [{ seed: "7" }, /^RangeError: the option seed of simulate/],
  [{ times: 5 }, /^TypeError: simulate has no option "times": it has seed, runs$/],
];

const OF_VIRTUAL_HOST: readonly Wrong[] = [
  [{ start: -1 }, /^RangeError: the option start of a VirtualHost takes a whole number from 0/],
  [{ grace: Number.NaN }, /^RangeError: the option grace of a VirtualHost takes milliseconds/],
  [{ paused: 1 }, /^TypeError: the option paused of a VirtualHost takes a boolean/],
  [{ report: {} }, /^TypeError: the option report of a VirtualHost takes a function/],
  [{ begin: 1 }, /^TypeError: a VirtualHost has no option "begin"/],
  [null, /^TypeError: the options of a VirtualHost must be an object/],
];

const OF_FIBER: readonly Wrong[] = [
  [{ name: 5 }, /^TypeError: the option name of a Fiber takes a string, not 5$/],
  [{ nmae: "typo" }, /^TypeError: a Fiber has no option "nmae": it has name, storage$/],
  [[], /^TypeError: the options of a Fiber must be an object/],
];

const OF_CANCEL: readonly Wrong[] = [
  [{ grace: -1 }, /^RangeError: the option grace of cancel takes milliseconds from 0 to Infinity/],
  [{ timeout: 5 }, /^TypeError: cancel has no option "timeout": it has grace$/],
  [5, /^TypeError: the options of cancel must be an object/],
  [null, /^TypeError: the options of cancel must be an object/],
];

const SIZE =
  /^RangeError: the option size of (memoize|loader) takes a whole number from 1, or Infinity, not/;
const OF_CACHES: readonly Wrong[] = [
  [{ size: 0 }, SIZE],
  [{ size: 1.5 }, SIZE],
];

const runs = (): never => assert.fail("it runs");

const REFUSE: readonly [
  name: string,
  wrong: readonly Wrong[],
  given: (options: never) => unknown,
][] = [
  ["run", OF_RUN, (options) => run(options, runs)],
  ["runSync", OF_RUN_SYNC, (options) => runSync(options, runs)],
  ["supervise", OF_SUPERVISE, (options) => supervise([runs], options)],
  ["simulate", OF_SIMULATE, (options) => simulate(options, runs)],
  ["VirtualHost", OF_VIRTUAL_HOST, (options) => new VirtualHost(options)],
  ["memoize", OF_CACHES, (options) => memoize(runs, options)],
  ["loader", OF_CACHES, (options) => loader(runs, options)],
  ["Fiber", OF_FIBER, (options) => new Fiber(runs, options)],
];

for (const [name, wrong, given] of REFUSE) {
  test(`wrong options of ${name} are refused before anything runs`, async () => {
    const before = dump();
    for (const [options, error] of wrong) {
      await assert.rejects(async () => given(options as never), error);
    }
    assert.equal(dump(), before);
  });
}

test("wrong options of cancel are refused, and nothing is asked for", () => {
  const { host, fiber } = begin({}, function* () {
    yield* yieldNow();
    return "not cancelled";
  });
  for (const [options, error] of OF_CANCEL) {
    assert.throws(() => fiber.cancel("why", options as never), error);
  }
  const ended: unknown[] = [];
  monitor(fiber, ({ value }) => ended.push(value));
  host.finish();
  assert.deepEqual(ended, ["not cancelled"]);
});

test("undefined stands for the default of every option", async () => {
  const options = {
    name: undefined,
    signal: undefined,
    host: undefined,
    policy: undefined,
    probe: undefined,
    asyncContext: undefined,
    budget: { ms: undefined, switches: undefined },
  };
  assert.equal(
    await run(options as never, function* named() {
      return Fiber.current.name;
    }),
    "named",
  );
});

test("with one limit of a budget infinite the other is in force", async () => {
  for (const budget of [{ switches: Infinity }, { ms: Infinity, switches: 100 }]) {
    const timer = { over: false };
    setTimeout(() => (timer.over = true), 1);
    await run({ budget }, function* () {
      while (!timer.over) yield* yieldNow();
    });
  }
});

test("a probe may have more than hooks, and a signal need not be the host's own", async () => {
  class Counting {
    spawned = 0;
    spawn(): void {
      this.spawned++;
    }
  }
  const probe = new Counting();
  const signal = {
    aborted: false,
    reason: undefined,
    addEventListener() {},
    removeEventListener() {},
  };
  await run({ probe, signal: signal as never }, yieldNow);
  assert.equal(probe.spawned, 1);
});

test("a seed is a whole number", () => {
  for (const wrong of [Number.NaN, Infinity, 1.5, "7", undefined]) {
    assert.throws(() => seeded(wrong as never), /^RangeError: seeded takes a whole number/);
  }
  assert.equal(typeof seeded(-1), "function");
});

test("children of supervise are a list of functions, or of a name and a function", () => {
  for (const wrong of [undefined, null, 5, {}, function* () {}, [5], [null], [["name"]], ["ab"]]) {
    assert.throws(
      () => supervise(wrong as never),
      /^TypeError: (supervise takes a list|a child of)/,
    );
  }
});

test("functions that take a fiber throw TypeError for anything else", () => {
  play(function* () {
    for (const wrong of [{}, null, 5, "fiber", () => {}, ...hostileValues()]) {
      for (const call of [unpark, dump, (it: Fiber) => monitor(it, () => {})]) {
        assert.throws(() => call(wrong as never), TypeError);
      }
    }
    assert.throws(() => unpark(undefined as never), /^TypeError: expected a fiber, not undefined$/);
    assert.throws(() => dump({} as never), /^TypeError: expected a fiber, not an object$/);
    assert.throws(() => monitor(Fiber.current, 5 as never), /^TypeError: monitor takes a function/);
    yield* yieldNow();
  });
});

test("an argument of the wrong kind is named, whatever it is", async () => {
  const bare: unknown = Object.create(null);
  const nothing = function* (): Generator<never, void> {};
  const calls: readonly (readonly [call: () => any, error: RegExp])[] = [
    [() => sleep(Symbol("s") as never), /^RangeError: sleep takes .*, not a symbol$/],
    [() => sleep(bare as never), /^RangeError: sleep takes .*, not an object$/],
    [() => failAfter(bare as never, nothing), /^RangeError: a time limit is .*, not an object$/],
    [() => failAt(bare as never, nothing), /^RangeError: a time limit is .*, not an object$/],
    [() => every(Symbol("s") as never, nothing), /^RangeError: every takes .*, not a symbol$/],
    [() => every("5" as never, nothing), /^RangeError: every takes .*, not "5"$/],
    [() => every(5n as never, nothing), /^RangeError: every takes .*, not a bigint$/],
    [
      () => every((() => "noon") as never, nothing),
      /^TypeError: every was given a string in place of a date$/,
    ],
    [() => lazy(undefined as never), /^TypeError: lazy takes a function, not undefined$/],
    [
      () => createContext(1, Symbol("s") as never),
      /^TypeError: the name of a context takes a string, not a symbol$/,
    ],
    [() => abortable((() => 3) as never), /^TypeError: until takes a promise/],
  ];
  for (const [call, error] of calls) {
    await assert.rejects(
      run(function* () {
        yield* call();
      }),
      error,
    );
  }
});
