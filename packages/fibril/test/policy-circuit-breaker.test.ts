import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CircuitBreaker,
  CircuitOpenError,
  type CircuitState,
  now,
  type Routine,
  run,
  sleep,
  spawn,
} from "fibril";
import { VirtualHost } from "fibril/testing";

const virtual = <T>(work: () => Routine<T, never>): Promise<T> =>
  run({ host: new VirtualHost() }, work);

const failure = new Error("down");

function* fails(): Routine<never, never> {
  throw failure;
}

function* works(): Routine<string, never> {
  yield* sleep(1);
  return "ok";
}

/** What a call comes to: its result, or the text of its error. */
function* tried(
  breaker: CircuitBreaker,
  work: () => Routine<string, never>,
): Routine<string, never> {
  try {
    return yield* breaker.with(work);
  } catch (error) {
    return (error as Error).message;
  }
}

test("it opens after so many failures one after the other, and refuses without running", async () => {
  await virtual(function* () {
    const states: CircuitState[] = [];
    const breaker = new CircuitBreaker({
      failures: 3,
      reset: 100,
      name: "db",
      onChange: (state) => states.push(state),
    });
    for (const work of [fails, fails, works, fails, fails, fails]) yield* tried(breaker, work);
    assert.equal(breaker.state, "open");
    yield* sleep(30);
    try {
      yield* breaker.with(() => assert.fail("it is not run"));
      assert.fail("it throws");
    } catch (error) {
      assert.ok(error instanceof CircuitOpenError);
      assert.equal(error.code, "circuit-open");
      assert.equal(error.name, "CircuitOpenError");
      assert.equal(error.retryAfter, 70);
      assert.match(error.message, /circuit breaker "db" is open: try again in 70 ms/);
    }
    assert.deepEqual(states, ["open"]);
    assert.deepEqual(breaker.stats(), { state: "open", failures: 3, opened: 1, refused: 1 });
  });
});

test("half open it lets its probes through: success closes it, a failure opens it again", async () => {
  await virtual(function* () {
    const breaker = new CircuitBreaker({ failures: 1, reset: 100, probes: 2 });
    yield* tried(breaker, fails);
    yield* sleep(100);
    const probes = [1, 2].map(() => spawn(() => tried(breaker, works)));
    const third = spawn(() => tried(breaker, works));
    assert.match(yield* third, /open/);
    assert.equal(breaker.state, "half-open");
    for (const probe of probes) assert.equal(yield* probe, "ok");
    assert.equal(breaker.state, "closed");

    yield* tried(breaker, fails);
    yield* sleep(100);
    assert.equal(yield* tried(breaker, fails), "down");
    assert.equal(breaker.state, "open");
    assert.equal(breaker.stats().opened, 3);
  });
});

test("a probe that is cancelled or killed has shown nothing, and makes room for another", async () => {
  await virtual(function* () {
    for (const how of ["cancel", "kill"] as const) {
      const breaker = new CircuitBreaker({ failures: 1, reset: 100 });
      yield* tried(breaker, fails);
      yield* sleep(100);
      const probe = spawn(() => breaker.with(() => sleep(1_000)));
      yield* sleep(1);
      assert.match(yield* tried(breaker, works), /open/);
      if (how === "kill") probe.kill();
      else yield* probe.cancel();
      yield* sleep(1);
      assert.equal(breaker.state, "half-open");
      assert.equal(yield* tried(breaker, works), "ok");
      assert.equal(breaker.state, "closed");
    }
  });
});

test("what was begun before a change has no say after it", async () => {
  await virtual(function* () {
    const breaker = new CircuitBreaker({ failures: 1, reset: 50 });
    const slow = spawn(() =>
      tried(breaker, function* () {
        yield* sleep(60);
        throw failure;
      }),
    );
    yield* sleep(1);
    yield* tried(breaker, fails);
    yield* sleep(51);
    const probe = spawn(() =>
      tried(breaker, function* () {
        yield* sleep(20);
        return "ok";
      }),
    );
    yield* slow;
    assert.equal(breaker.state, "half-open");
    assert.equal(yield* probe, "ok");
    assert.equal(breaker.state, "closed");
  });
});

test("which errors count is the program's choice, and a request to end never counts", async () => {
  await virtual(function* () {
    const breaker = new CircuitBreaker({
      failures: 1,
      reset: 50,
      counts: (error) => error !== failure,
    });
    yield* tried(breaker, fails);
    assert.equal(breaker.state, "closed");
    const fiber = spawn(() => breaker.with(() => sleep(1_000)));
    yield* sleep(1);
    yield* fiber.cancel();
    assert.equal(breaker.state, "closed");
    yield* tried(breaker, function* () {
      throw new Error("counts");
    });
    assert.equal(breaker.state, "open");
    assert.equal(now(), 1);
  });
});

test("what it is given is checked at once", () => {
  assert.throws(() => new CircuitBreaker({} as never), /needs its limits/);
  assert.throws(() => new CircuitBreaker({ failures: 0, reset: 1 }), RangeError);
  assert.throws(() => new CircuitBreaker({ failures: 1, reset: -1 }), RangeError);
  assert.throws(() => new CircuitBreaker({ failures: 1, reset: 1, counts: 1 as never }), TypeError);
});
