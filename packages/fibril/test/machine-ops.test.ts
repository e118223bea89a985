/** `performTransfer`, and the loop of machines that transfer: they do what the ops do, and obey the same rules. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Fiber } from "fibril";
import {
  DELIVER,
  frames,
  KILL,
  performCall,
  performPark,
  performTransfer,
  performYieldNow,
  RAISE,
  RETURN,
  START,
  SUSPEND,
} from "fibril/frames";
import type { AnyFiber } from "./support/body.ts";
import { refused } from "./support/expect.ts";
import { alike, machine, told, WAYS } from "./support/ways.ts";

for (const fits of [true, false]) {
  test(`values go round a ring of machines, and the last one ends (${fits ? "in fibers" : "in frames"})`, () => {
    const trace = alike(({ transfer }) => {
      const seen: unknown[] = [];
      const members: AnyFiber[] = Array.from({ length: 3 }, (_, index) =>
        machine((frame, how, value) => {
          seen.push([index, how, value, Fiber.current === members[index]]);
          if (seen.length === 20) return "over";
          const next = members[(index + 1) % 3] as AnyFiber;
          return frame.pc++ % 2 === 0 ? transfer(next, seen.length) : transfer(next);
        }, fits),
      );
      const result = members[0]?.transfer("first");
      return [result, seen, members.map((each) => [each.status, String(each)])];
    }) as unknown[];
    assert.equal(trace[0], "over");
    assert.equal((trace[1] as unknown[]).length, 20);
  });
}

test("a fiber that starts sees how many values it was given", () => {
  const counts = alike(({ transfer }) =>
    [[], [undefined], [1, 2]].map((values) => {
      let count = -1;
      const target = new Fiber(function* (...given: unknown[]) {
        count = given.length;
      });
      const first = machine((_frame, how) => (how === START ? transfer(target, ...values) : 0));
      first.transfer();
      return count;
    }),
  );
  assert.deepEqual(counts, [0, 1, 2]);
});

test("machines, generators and the base pass control to one another", () => {
  const trace = alike(({ transfer }) => {
    const seen: unknown[] = [];
    const base = Fiber.current;
    const ring: AnyFiber[] = [];
    const generator = (): AnyFiber =>
      new Fiber(function* () {
        for (let n = 0; ; n++) seen.push(["generator", yield* Fiber.transfer(next(), n)]);
      }) as AnyFiber;
    const member = (): AnyFiber =>
      machine((frame, _how, value) => {
        seen.push(["machine", value]);
        return seen.length % 7 === 0 ? transfer(base, "base") : transfer(next(), frame.pc++);
      });
    const next = (): AnyFiber => ring[(ring.indexOf(Fiber.current as AnyFiber) + 1) % 5]!;
    ring.push(member(), member(), generator(), member(), generator());
    for (let lap = 0; lap < 4; lap++) seen.push(ring[0]!.transfer(lap));
    return seen;
  }) as unknown[];
  assert.equal(trace.filter((each) => each === "base").length, 4);
});

test("an error leaves the machine, a caught one does not, and a raise and a kill reach a machine of a ring", () => {
  alike(({ transfer }) => {
    const seen: unknown[] = [];
    const base = Fiber.current;
    const a: AnyFiber = machine((frame) => {
      if (frame.pc++ === 3) throw new Error("enough");
      return transfer(b, frame.pc);
    });
    const b: AnyFiber = new Fiber(
      frames("b", (_frame, how, value) => {
        seen.push([how, value instanceof Error ? value.message : value]);
        if (how === RETURN) return KILL;
        return how === RAISE ? transfer(base, "caught") : transfer(a);
      }),
    ) as AnyFiber;
    seen.push(told(() => a.transfer()));
    seen.push(told(() => b.raise(new Error("thrown in"))));
    seen.push(
      b.kill() === b,
      told(() => b.transfer()),
      a.status,
      b.status,
    );
    return seen;
  });
});

test("a machine of a ring that is killed during a call of its own unwinds at its next transfer", () => {
  const hows: number[] = [];
  const base = Fiber.current;
  const other: AnyFiber = machine(() => performTransfer(victim));
  const victim: AnyFiber = new Fiber(
    frames("victim", (frame, how) => {
      hows.push(how);
      if (how === RETURN) return KILL;
      if (frame.pc++ === 2) {
        const killer = new Fiber(function* () {
          yield* Fiber.kill(victim);
        });
        killer.resume();
      }
      return performTransfer(frame.pc === 4 ? base : other);
    }),
  ) as AnyFiber;
  victim.transfer();
  assert.deepEqual([hows, victim.status], [[START, DELIVER, DELIVER, RETURN], "terminated"]);
});

test("a machine that was called transfers, and goes on in its caller", () => {
  const result = alike(({ transfer }) => {
    const base = Fiber.current;
    const inner = frames<[], unknown>("inner", (_frame, how, value) =>
      how === START ? transfer(base, "out") : how === RETURN ? KILL : `inner: ${String(value)}`,
    );
    const outer = machine((_frame, how, value) => {
      if (how === START) value = performCall(inner);
      return value === SUSPEND ? SUSPEND : `outer: ${String(value)}`;
    });
    return [outer.transfer(), outer.transfer("in")];
  });
  assert.deepEqual(result, ["out", "outer: inner: in"]);
});

/** What a machine is refused, or passes to whom. */
const TARGETS: Readonly<Record<string, () => unknown>> = {
  "no fiber": () => "a string",
  nothing: () => undefined,
  "a copy's fiber": () => ({ _flags: 8, _resuming: null }),
  itself: () => Fiber.current,
  ended: () => {
    const fiber = new Fiber(function* () {});
    fiber.resume();
    return fiber;
  },
  yielding: () => {
    const fiber = new Fiber(function* () {
      yield* Fiber.yield();
    });
    fiber.resume();
    return fiber;
  },
  resuming: () => Fiber.root,
  killed: () => {
    const fiber: Fiber = new Fiber(function* () {
      yield* Fiber.transfer(Fiber.root);
    });
    fiber.kill();
    return fiber;
  },
};

for (const [name, target] of Object.entries(TARGETS)) {
  test(`to ${name}: performTransfer throws and passes what Fiber.transfer does`, () => {
    alike(({ transfer }) => {
      const seen: unknown[] = [];
      const tries = machine((frame, how, value) => {
        if (how !== START) return seen.push(["back", value]);
        return transfer(target() as Fiber, frame.pc++);
      });
      // Once by resume, so that the root is resuming, and once by transfer.
      seen.push(told(() => tries.resume()));
      const again = machine((_frame, how) =>
        how === START ? transfer(target() as Fiber, "value") : "back",
      );
      seen.push(told(() => again.transfer()));
      return seen;
    });
  });
}

test("outside of fibers and of schedulers each is refused as the op is", () => {
  const fiber = new Fiber(function* () {});
  alike(({ transfer }) => told(() => transfer(fiber)));
  alike(({ yieldNow: pause }) => told(pause));
  alike(({ park: wait }) => told(wait));
  for (const wait of ["yieldNow", "park"] as const) {
    alike((way) => told(() => machine(way[wait]).resume()));
    refused(/scheduler/, () => machine(WAYS.direct[wait]).resume(), "outside");
  }
});

test("an op that was forgotten before is reported", () => {
  for (const start of [() => performTransfer(Fiber.root), performYieldNow, performPark]) {
    const forgets = machine((_frame, how) => {
      if (how !== START) return "not reached";
      Fiber.yield();
      return start();
    });
    refused(/Fiber\.yield.*never run/, () => forgets.resume(), "op-not-run");
    const ends = machine((_frame, how) => {
      if (how === START) start();
      return "ended with an op in hand";
    });
    const transfers = start !== performYieldNow && start !== performPark;
    if (transfers) refused(/Fiber\.transfer/, () => ends.transfer(), "op-not-run");
  }
});

test("with Fiber.debug, the error about a forgotten op knows where it was", () => {
  Fiber.debug = "ops";
  try {
    const ends = machine(() => {
      performTransfer(Fiber.root);
      return 1;
    });
    let cause: unknown;
    try {
      ends.transfer();
    } catch (error) {
      ({ cause } = error as Error);
    }
    assert.match(String(cause), /created here/);
  } finally {
    Fiber.debug = false;
  }
});
