/** Actors outside: as long as there is one, no fiber gets a DeadlockError. */
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { DeadlockError, park, run, sleep, spawn, suspend, until } from "fibril";
import { VirtualHost } from "fibril/testing";
import { Program } from "./support/program.ts";

const listeners = (signal: AbortSignal): number => getEventListeners(signal, "abort").length;
const host = globalThis as { Deno?: unknown; Bun?: unknown };
const node = { skip: host.Deno !== undefined || host.Bun !== undefined ? "Node's loop" : false };

/** The real event loop goes round. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

for (const [how, out] of [
  ["a signal that fires", "TimeoutError\n"],
  ["a signal that fires, for another run", "TimeoutError\nDeadlockError\n"],
  ["a signal of a run that has ended", "DeadlockError\n"],
  ["no signal", "DeadlockError\n"],
  ["a callback, in virtual time", "woken\n"],
  ["a signal that fires, in virtual time", "TimeoutError\n"],
  ["nothing, in virtual time", "DeadlockError\n"],
] as const) {
  test(
    `a process whose fibers wait, with ${how}, says ${out.replaceAll("\n", " ")}`,
    node,
    async () => {
      const ended = await new Program("actors", how).ended;
      assert.deepEqual([ended.code, ended.out, ended.errors], [0, out, ""]);
    },
  );
}

test("in virtual time a run with a signal gets no DeadlockError until the signal fires", async () => {
  const host = new VirtualHost();
  const controller = new AbortController();
  const waiting = run({ host, signal: controller.signal }, () => park());
  await turns(20);
  assert.ok(waiting.fiber.alive);
  controller.abort("enough");
  await assert.rejects(waiting, (reason) => reason === "enough");
  await assert.rejects(run({ host }, () => park()) as Promise<unknown>, DeadlockError);
});

test("in virtual time a callback of the real world may come late", async () => {
  const value = await run({ host: new VirtualHost() }, function* () {
    return yield* suspend<string>((wake) => void setTimeout(wake, 30, "woken"));
  });
  assert.equal(value, "woken");
});

test("in sealed virtual time a fiber that waits for a callback gets the error at once", async () => {
  const host = new VirtualHost({ sealed: true });
  await assert.rejects(
    run({ host }, () => suspend("a message", () => {})),
    DeadlockError,
  );
});

test("a fiber that waits for others, or for ever, gets the error at once in any virtual time", async () => {
  for (const routine of [
    () => park(),
    () => sleep(Infinity),
    function* () {
      yield* spawn(() => park());
    },
    function* () {
      spawn(() => sleep(Infinity));
    },
  ]) {
    await assert.rejects(run({ host: new VirtualHost() }, routine as () => never), DeadlockError);
  }
});

test("many runs share one listener on their signal, which goes with the last of them", async () => {
  const warnings: unknown[] = [];
  const warn = (warning: unknown): void => void warnings.push(warning);
  process.on("warning", warn);
  const { signal } = new AbortController();
  let open!: () => void;
  const gate = new Promise<void>((resolve) => (open = resolve));
  const last = run({ signal }, () => until(gate));
  const all = Array.from({ length: 30 }, (_, n) => run({ signal }, () => sleep(n % 3)));
  assert.equal(listeners(signal), 1);
  await Promise.all(all);
  assert.equal(listeners(signal), 1);
  open();
  await last;
  assert.equal(listeners(signal), 0);
  const again = run({ signal }, () => sleep(1));
  assert.equal(listeners(signal), 1);
  await again;
  await turns(2);
  process.off("warning", warn);
  assert.deepEqual([listeners(signal), warnings], [0, []]);
});

test("a signal ends all of its runs, and those alone", async () => {
  const one = new AbortController();
  const other = new AbortController();
  const ended: string[] = [];
  const started = [one, other, one, other, one].map(({ signal }, n) =>
    run({ signal }, () => sleep(Infinity)).catch((reason: unknown) => {
      ended.push(`${n} ${String(reason)}`);
    }),
  );
  await turns(2);
  one.abort("one");
  await Promise.all([started[0], started[2], started[4]]);
  assert.deepEqual(ended.toSorted(), ["0 one", "2 one", "4 one"]);
  other.abort("other");
  await Promise.all(started);
  assert.equal(ended.length, 5);
  assert.deepEqual([listeners(one.signal), listeners(other.signal)], [0, 0]);
});
