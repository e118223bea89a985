/**
 * Ops that were created and never run, run twice, or run by something other than `yield*`: each is
 * one clear error at the first occasion, in the fiber whose mistake it is, and the runtime goes on.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  call,
  Channel,
  Fiber,
  FiberError,
  map,
  type Op,
  routine,
  type Routine,
  run,
  sleep,
  until,
  yieldNow,
} from "fibril";
import { frames, KILL, perform, RETURN, SUSPEND } from "fibril/frames";
import { hostileValues, refused, thrown } from "./support/expect.ts";

const step = routine("step", function* () {
  yield* Fiber.yield("step");
});
const waits = () => {
  const f = new Fiber(function* () {
    yield* Fiber.yield();
  });
  f.resume();
  return f;
};

/** Every op, created in a fiber and dropped. */
const FORGOTTEN: [name: string, create: () => unknown, message: RegExp][] = [
  ["Fiber.yield", () => Fiber.yield(1), /^Fiber\.yield\(…\) was created in fiber "f"/],
  ["Fiber.resume", () => Fiber.resume(waits()), /^Fiber\.resume\(…\) was created/],
  ["Fiber.raise", () => Fiber.raise(waits(), "x"), /^Fiber\.raise\(…\) was created/],
  ["Fiber.transfer", () => Fiber.transfer(new Fiber(step)), /^Fiber\.transfer\(…\) was created/],
  ["Fiber.kill", () => Fiber.kill(waits()), /^Fiber\.kill\(…\) was created/],
  ["a routine", () => step(), /^the call step\(…\) was created/],
  ["call", () => call(function* inner() {}), /^the call inner\(…\) was created/],
];

for (const [name, create, begins] of FORGOTTEN) {
  const message = new RegExp(
    `${begins.source}.*never run: write yield\\* before it, or \\(\\) => if a routine is expected there$`,
  );
  test(`a forgotten ${name} is reported when the next op is created`, () => {
    const f = new Fiber(
      function* () {
        create();
        yield* Fiber.yield();
      },
      { name: "f" },
    );
    refused(message, () => f.resume(), "op-not-run");
    assert.equal(f.alive, false);
  });

  test(`a forgotten ${name} is reported when the fiber ends`, () => {
    const f = new Fiber(
      function* () {
        create();
      },
      { name: "f" },
    );
    refused(message, () => f.resume(), "op-not-run");
  });

  test(`a forgotten ${name} is reported when a method enters a fiber`, () => {
    for (const enter of ["resume", "transfer", "raise", "kill"] as const) {
      const f = new Fiber(
        function* () {
          const other = enter === "resume" || enter === "transfer" ? new Fiber(step) : waits();
          create();
          other[enter]();
        },
        { name: "f" },
      );
      refused(message, () => f.resume(), "op-not-run");
    }
  });
}

test("the report names the routine in which it was forgotten", () => {
  const inner = routine("inner", function* () {
    Fiber.yield("forgotten");
    yield* Fiber.yield();
  });
  const ends = routine("ends", function* () {
    Fiber.yield("forgotten");
  });
  const nameless = routine(
    (() =>
      function* () {
        Fiber.yield("forgotten");
      })(),
  );
  for (const [body, which] of [
    [inner, " (routine inner)"],
    [ends, " (routine ends)"],
    [nameless, ""],
  ] as const) {
    const f = new Fiber(
      function* main() {
        yield* body();
      },
      { name: "f" },
    );
    const text = `was created in fiber "f"${which} but never run`;
    assert.ok((thrown(() => f.resume()) as Error).message.includes(text));
  }
});

test("the report can be caught, and everything works afterwards", () => {
  const f = new Fiber(function* () {
    try {
      Fiber.yield("forgotten");
      yield* Fiber.yield("second");
    } catch (error) {
      yield* Fiber.yield((error as FiberError).code);
    }
    return yield* Fiber.yield<string>("goes on");
  });
  assert.deepEqual([f.resume(), f.resume(), f.resume("end")], ["op-not-run", "goes on", "end"]);
});

test("an error in hand wins over the report", () => {
  const f = new Fiber(function* () {
    Fiber.yield("forgotten");
    throw new Error("mine");
  });
  assert.equal((thrown(() => f.resume()) as Error).message, "mine");
  assert.equal(new Fiber(step).resume(), "step");
});

test("creation order of arguments: an op as another's argument is reported", () => {
  const f = new Fiber(function* () {
    yield* Fiber.yield(Fiber.yield("inner"));
  });
  refused(/Fiber\.yield\(…\) was created .* but never run/, () => f.resume(), "op-not-run");
});

test("with Fiber.debug the cause of the report stands where the op was created", () => {
  Fiber.debug = "ops";
  try {
    assert.equal(Fiber.debug, "ops");
    const f = new Fiber(function* () {
      forgets();
      yield* Fiber.yield();
    });
    const error = thrown(() => f.resume()) as FiberError;
    assert.ok(error.cause instanceof Error);
    assert.match(String(error.cause.stack), /forgets/);
  } finally {
    Fiber.debug = false;
  }
  assert.equal(Fiber.debug, false);
  function forgets(): void {
    Fiber.yield();
  }
});

test("an op that is run a second time is refused", () => {
  const f = new Fiber(function* () {
    const op = Fiber.yield("once");
    yield* op;
    yield* op;
  });
  f.resume();
  refused(/run a second time/, () => f.resume(), "op-misused");
});

test("an op that is iterated by a loop is refused", () => {
  const f = new Fiber(function* () {
    for (const value of Fiber.yield("loop")) assert.ok(value);
    yield* Fiber.yield();
  });
  refused(/iterated by something other than yield\*/, () => f.resume(), "op-not-run");
});

test("one whose iteration is the result is reported when the fiber is entered again", () => {
  const f = new Fiber(function* () {
    const [first] = Fiber.yield("spread");
    return first;
  });
  f.resume();
  refused(/^an op was iterated by something other than yield\*/, () => f.resume(), "op-not-run");
  assert.equal(f.alive, false);
});

test("yield without the star is refused, of an op and of anything else", () => {
  const op = new Fiber(function* (): Routine<void> {
    yield Fiber.yield("x") as never;
  });
  refused(/used yield on an op: write yield\* before it/, () => op.resume(), "raw-yield");
  function* helper() {
    yield* Fiber.yield();
  }
  const generator = new Fiber(function* (): Routine<void> {
    yield helper() as never;
  });
  refused(/used yield on a generator: write yield\* before it/, () => generator.resume());
  const value = new Fiber(function* (): Routine<void> {
    yield 5 as never;
  });
  refused(/used yield, which passes nothing to the resumer/, () => value.resume(), "raw-yield");
  const promise = new Fiber(function* (): Routine<void> {
    yield Promise.resolve() as never;
  });
  refused(/used yield on a promise: write yield\* until\(promise\)/, () => promise.resume());
});

test("values that throw when they are inspected are reported like any other", () => {
  for (const hostile of hostileValues()) {
    const yields = new Fiber(function* (): Routine<void> {
      yield hostile as never;
    });
    refused(/used yield/, () => yields.resume(), "raw-yield");
    assert.throws(() => new Fiber((() => hostile) as never).resume(), /calling it gave an? /);
    assert.throws(() => routine(hostile as never), /^TypeError: a routine must be/);
    assert.throws(() => waits().raise(hostile as never), /^TypeError: exception class/);
    assert.equal(new Fiber(step).resume(), "step");
  }
});

test("a raw yield can be caught, and the fiber goes on", () => {
  const f = new Fiber(function* (): Routine<unknown, string, string> {
    try {
      yield 5 as never;
    } catch (error) {
      return yield* Fiber.yield<string>((error as FiberError).code);
    }
    return undefined;
  });
  assert.deepEqual([f.resume(), f.resume("end")], ["raw-yield", "end"]);
});

test("in plain code an op is refused, with the method to use instead", () => {
  const outside = (create: () => unknown) =>
    refused(/use the method on the fiber/, create, "outside");
  outside(() => Fiber.resume(new Fiber(step)));
  outside(() => Fiber.transfer(new Fiber(step)));
  outside(() => Fiber.raise(waits(), "x"));
  outside(() => Fiber.kill(waits()));
});

test("in plain code a routine's call is refused, with what may call it", () => {
  const text =
    /^step\(…\) is for yield\* inside a fiber: use it in a fiber that run\(…\) or new Fiber\(…\) started$/;
  refused(text, () => step(), "outside");
  refused(/: use it in a fiber that/, () => call(function* () {}), "outside");
});

test("a plain function that makes ops as a routine is told what it lacks", () => {
  const f = new Fiber((() => {
    Fiber.yield("forgotten");
    Fiber.yield("second");
  }) as never);
  refused(
    /: write yield\* before it; in direct style, is "use fibers" missing, or the compiler\?$/,
    () => f.resume(),
    "op-not-run",
  );
});

test("what a combinator calls must give something to wait for", async () => {
  for (const [work, gave] of [
    [(n: number) => n, "a number"],
    [async (n: number) => n, "a promise: to wait for a promise, write yield\\* until\\(promise\\)"],
    [() => "text", "a string"],
    [() => void sleep(1), 'undefined: is "use fibers" missing, or the compiler\\?'],
  ] as const) {
    const text = `the routine "work" must be a generator function .*: calling it gave ${gave}$`;
    Object.defineProperty(work, "name", { value: "work" });
    const failed = run(() => map([1], work as never, { concurrency: 1 }));
    await assert.rejects(failed, new RegExp(text));
  }
});

test("a routine must give something to run", () => {
  const wrong: [unknown, RegExp][] = [
    [() => 5, /calling it gave a number/],
    [() => "text", /calling it gave a string/],
    [() => [], /calling it gave an array/],
    [() => new Map(), /calling it gave an object/],
    [() => undefined, /calling it gave undefined/],
    [() => null, /calling it gave null/],
    [() => ({}), /calling it gave an object/],
    [
      async () => {},
      /calling it gave a promise: to wait for a promise, write yield\* until\(promise\)/,
    ],
    [async function* () {}, /calling it gave an async generator/],
  ];
  for (const [body, message] of wrong) {
    const f = new Fiber(body as never);
    assert.throws(
      () => f.resume(),
      (error: Error) => error instanceof TypeError && message.test(error.message),
    );
    assert.equal(f.alive, false);
  }
  assert.throws(() => routine(5 as never), /^TypeError: a routine must be .*, not a number$/);
  const calls = new Fiber(function* () {
    yield* call(undefined as never);
  });
  assert.throws(() => calls.resume(), /^TypeError: a routine must be .*, not undefined$/);
});

test("a state machine that answers a suspension without an op is refused, and ended", () => {
  const f = new Fiber(frames("machine", () => SUSPEND));
  refused(/suspended without an op of this library/, () => f.resume(), "op-misused");
  assert.equal(f.alive, false);
});

test("a state machine that ends with an op in hand is refused at every kind of entry", () => {
  const first = frames("first", () => (perform(Fiber.yield()), "result"));
  refused(/^Fiber\.yield\(…\) was iterated .* in fiber "first"/, () => new Fiber(first).resume());
  const later = frames("later", (frame, how) => {
    if (frame.pc++ === 0) return perform(Fiber.yield());
    Fiber.yield("created");
    return how === RETURN ? KILL : "result";
  });
  for (const enter of ["resume", "kill"] as const) {
    const f = new Fiber(later);
    f.resume();
    refused(/^Fiber\.yield\(…\) was created in fiber "later"/, () => f[enter](), "op-not-run");
    assert.equal(f.alive, false);
  }
});

test("a state machine needs its code", () => {
  assert.throws(
    () => frames("m", undefined as never),
    /^TypeError: the code of .* "m" must be a f/,
  );
});

test("an op cannot be carried to another fiber", () => {
  let op: Op<unknown, unknown> | undefined;
  const maker = new Fiber(function* () {
    op = Fiber.yield("carried");
    const runner = new Fiber(function* () {
      yield* op as Op<unknown, unknown>;
    });
    runner.resume();
  });
  refused(/created .* but never run/, () => maker.resume(), "op-not-run");
});

for (const [name, forget] of [
  ["sleep(…)", () => sleep(1)],
  ["until(…)", () => until(Promise.resolve())],
  ["receive()", () => new Channel().receive()],
] as const) {
  test(`a forgotten wait is named: ${name}`, async () => {
    const forgets = run({ name: "f" }, function* () {
      forget();
      yield* yieldNow();
    });
    const begins = `${name} was created in fiber "f"`;
    await assert.rejects(forgets, (error: Error) => error.message.startsWith(begins));
  });
}
