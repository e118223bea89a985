/** `performYieldNow`, `performPark` and `performTransfer` in tasks: they do what the ops do. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { Fiber, run, scope, spawn, unpark, yieldNow } from "fibril";
import { DELIVER, frames, KILL, RAISE, RETURN, START } from "fibril/frames";
import { machine, WAYS } from "./support/ways.ts";

test("tasks give way and park by machines, in the same order and with the same values", async () => {
  const traces: unknown[] = [];
  for (const way of Object.values(WAYS)) {
    const seen: unknown[] = [];
    await run(function* () {
      const waits = (index: number) =>
        Object.assign(
          frames<[], unknown>("waits", (frame, how, value) => {
            if (how === RAISE) throw value;
            if (how === RETURN) return KILL;
            seen.push([index, frame.pc, value]);
            if (frame.pc++ === 6) return "ended";
            return frame.pc % 2 === 0 ? way.park() : way.yieldNow();
          }),
          { fits: true },
        );
      const tasks = [0, 1, 2].map((index) => spawn(waits(index)));
      for (let n = 0; tasks.some((each) => each.alive); n++) {
        assert.ok(n < 100, "they end");
        for (const task of tasks) seen.push(unpark(task, n % 3 === 0 ? undefined : n));
        yield* yieldNow();
      }
      for (const task of tasks) seen.push(yield* task);
    });
    traces.push(seen);
  }
  assert.deepEqual(traces[1], traces[0]);
});

test("a cancelled, a killed and a raised task leave both waits as with the ops", async () => {
  const traces: unknown[] = [];
  for (const way of Object.values(WAYS)) {
    const seen: unknown[] = [];
    for (const wait of ["park", "yieldNow"] as const) {
      for (const end of ["cancel", "kill", "raise"] as const) {
        await run(function* () {
          const task = spawn(
            frames<[], unknown>("task", (frame, how, value) => {
              seen.push([wait, end, how, (value as Error | undefined)?.name]);
              if (how === RETURN) return frame.pc++ === 0 ? way[wait]() : KILL;
              // A second wait of a cancelled task is refused at once.
              return how === RAISE ? (frame.pc++ < 2 ? way[wait]() : "over") : way[wait]();
            }),
          );
          yield* yieldNow();
          yield* yieldNow();
          if (end === "raise") task.raise(new Error("thrown in"));
          else task[end]();
          for (let n = 0; n < 6 && task.alive; n++) yield* yieldNow();
          seen.push(task.alive, unpark(task));
          task.kill();
        });
      }
    }
    traces.push(seen);
  }
  assert.deepEqual(traces[1], traces[0]);
  for (const wait of ["park", "yieldNow"]) {
    const refused = (traces[0] as unknown[]).filter((each) =>
      isDeepStrictEqual(each, [wait, "cancel", RAISE, "Cancelled"]),
    );
    assert.equal(refused.length, 3, "the first wait ends, and the next two are not begun");
  }
});

test("inside a scheduler, a machine transfers by the rules for tasks", async () => {
  const traces: unknown[] = [];
  for (const { transfer } of Object.values(WAYS)) {
    const seen: unknown[] = [];
    await run(function* main() {
      const main = Fiber.current;
      const other = machine((frame, how, value) =>
        transfer(main, [how === START ? frame.a : value]),
      );
      seen.push(yield* Fiber.transfer(other, 1));
      seen.push(yield* Fiber.transfer(other, 2));
      const task = spawn(
        frames<[], unknown>("task", (_frame, how, value) => {
          if (how === RAISE) throw value;
          return how === START ? transfer(other, 3) : how === RETURN ? KILL : value;
        }),
      );
      seen.push(yield* yieldNow());
      task.kill();
    }).catch((error: unknown) => seen.push(String(error)));
    traces.push(seen);
  }
  assert.deepEqual(traces[1], traces[0]);
  assert.deepEqual((traces[0] as unknown[]).slice(0, 2), [[1], [2]]);
});

test("a machine may not transfer out of a scope of a coroutine that waits for it", async () => {
  for (const { transfer } of Object.values(WAYS)) {
    await assert.rejects(
      run(function* main() {
        const main = Fiber.current;
        const other = new Fiber(function* () {
          yield* Fiber.transfer(main);
        });
        const leaves = machine(() => transfer(other));
        const opens: Fiber = new Fiber(function* () {
          yield* scope(function* () {
            yield* Fiber.resume(leaves);
          });
        });
        yield* Fiber.transfer(opens);
      }),
      { code: "scope-open" },
    );
  }
});

test("a task that was woken and then cancelled gets its value first, and its next wait is not begun", async () => {
  for (const wait of ["park", "yieldNow"] as const) {
    for (const way of Object.values(WAYS)) {
      const seen: unknown[] = [];
      await run(function* () {
        const task = spawn(
          frames<[], unknown>("task", (frame, how, value) => {
            seen.push(how, how === RAISE ? (value as Error).name : value);
            if (how === RETURN) return KILL;
            return how === RAISE ? "ended" : frame.pc++ === 0 ? way.park() : way[wait]();
          }),
        );
        yield* yieldNow();
        unpark(task, "value");
        task.cancel();
        for (let n = 0; n < 3; n++) yield* yieldNow();
        seen.push(task.alive);
        task.kill();
      });
      assert.deepEqual(seen, [START, undefined, DELIVER, "value", RAISE, "Cancelled", false]);
    }
  }
});

test("a task that is killed during a call of its own unwinds at its next wait", async () => {
  for (const way of Object.values(WAYS)) {
    const hows: number[] = [];
    await run(function* () {
      const task: Fiber = spawn(
        frames<[], unknown>("task", (frame, how) => {
          hows.push(how);
          if (how === RETURN) return KILL;
          if (frame.pc++ === 1) new Fiber(() => Fiber.kill(task)).resume();
          return frame.pc === 4 ? "goes on" : way.yieldNow();
        }),
      );
      for (let n = 0; n < 4; n++) yield* yieldNow();
      assert.equal(task.alive, false);
    });
    assert.deepEqual(hows, [START, DELIVER, RETURN]);
  }
});
