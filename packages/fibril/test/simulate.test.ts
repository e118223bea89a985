import assert from "node:assert/strict";
import { test } from "node:test";
import { DeadlockError, now, run, scope, seeded, sleep, spawn, supervised, suspend } from "fibril";
import { simulate, SimulationError, VirtualHost } from "fibril/testing";

/** Five fibers that take turns: their order is the trace. */
function* trace(log: string[]) {
  yield* scope(function* () {
    for (const name of "abcde") {
      spawn(name, function* () {
        for (let n = 0; n < 3; n++) {
          log.push(`${name}${n}`);
          yield* sleep(n);
        }
      });
    }
  });
}

async function traceOf(seed: number): Promise<string> {
  const log: string[] = [];
  await simulate({ seed }, () => trace(log));
  return log.join(" ");
}

test("the same seed gives the same trace, another seed another trace", async () => {
  const traces = new Set<string>();
  for (let seed = 1; seed <= 20; seed++) {
    const first = await traceOf(seed);
    assert.equal(await traceOf(seed), first, `seed ${seed}`);
    traces.add(first);
  }
  assert.ok(traces.size > 15, `${traces.size} different traces`);
});

test("a simulation is a run with virtual time and a seeded order", async () => {
  const log: string[] = [];
  await run({ host: new VirtualHost(), policy: seeded(7) }, () => trace(log));
  assert.equal(log.join(" "), await traceOf(7));
});

test("what the routine draws follows from the seed", async () => {
  const draw = async (seed: number) => {
    const drawn: number[] = [];
    await simulate({ seed }, function* ({ random }) {
      for (let n = 0; n < 3; n++) drawn.push(random());
    });
    assert.ok(drawn.every((value) => value >= 0 && value < 1));
    return drawn;
  };
  assert.deepEqual(await draw(3), await draw(3));
  assert.notDeepEqual(await draw(3), await draw(4));
});

test("it finds code that depends on the order, and names the seed that repeats the failure", async () => {
  let first = "";
  function* race() {
    first = "";
    yield* scope(function* () {
      for (const name of "ab") {
        spawn(function* () {
          first ||= name;
        });
      }
    });
    assert.equal(first, "a");
  }
  const error = await simulate(race).then(
    () => assert.fail("a hundred orders, and none of them the other one"),
    (reason: unknown) => reason as SimulationError,
  );
  assert.ok(error instanceof SimulationError);
  assert.equal(error.code, "simulation");
  assert.match(
    error.message,
    new RegExp(`^failed under seed ${error.seed} \\(run \\d+ of 100\\): `),
  );
  assert.ok(error.message.includes(`FIBRIL_SEED=${error.seed} `));
  assert.ok(error.cause instanceof assert.AssertionError);
  await assert.rejects(simulate({ seed: error.seed }, race), { seed: error.seed });
});

test("FIBRIL_SEED repeats one order; a text that is not a number is refused", async () => {
  const before = process.env["FIBRIL_SEED"];
  const log: string[] = [];
  try {
    process.env["FIBRIL_SEED"] = "12";
    await simulate(() => trace(log));
    assert.equal(log.join(" "), await traceOf(12));
    process.env["FIBRIL_SEED"] = "twelve";
    await assert.rejects(simulate(trace as never), /FIBRIL_SEED must be a whole number/);
  } finally {
    if (before === undefined) delete process.env["FIBRIL_SEED"];
    else process.env["FIBRIL_SEED"] = before;
  }
});

test("a number of runs begins with the seed", async () => {
  const seeds: number[] = [];
  await simulate({ seed: 5, runs: 3 }, function* ({ seed, host }) {
    seeds.push(seed);
    yield* sleep(1000);
    assert.equal(host.now(), now());
  });
  assert.deepEqual(seeds, [5, 6, 7]);
});

test("it fails for a deadlock, and for a failure that nothing observes", async () => {
  const causeOf = (routine: () => Generator<any, any, any>) =>
    simulate({ seed: 1 }, routine).then(
      () => assert.fail("it fails"),
      (error: SimulationError) => error.cause,
    );
  const stuck = await causeOf(function* () {
    yield* suspend("what never comes", () => {});
  });
  assert.ok(stuck instanceof DeadlockError);
  const unobserved = await causeOf(function* () {
    yield* supervised(function* () {
      spawn(function* () {
        throw new Error("of a child");
      });
    });
  });
  assert.equal((unobserved as Error).message, "of a child");
});

test("it takes a routine", async () => {
  await assert.rejects(simulate({} as never, undefined as never), TypeError);
});
