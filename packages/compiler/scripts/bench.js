/**
 * Compares routines with and without the compiler, each in a process of its own, by processor time:
 *
 *     node --expose-gc packages/compiler/scripts/bench.js
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { transform } from "../dist/index.js";

const SOURCE = `import { Fiber, park, yieldNow } from "fibril";
export const loop = function* () {
  for (let i = 0; ; i++) yield* Fiber.yield(i);
};
const leaf = function* (n) {
  return n + 1;
};
export function member(next) {
  return function* () {
    for (;;) yield* Fiber.transfer(next());
  };
}
export function* giveWay(n) {
  for (let i = 0; i < n; i++) yield* yieldNow();
}
export function* parks(n) {
  for (let i = 0; i < n; i++) yield* park();
}
export function* caller(n) {
  "use fiber";
  let sum = 0;
  for (let i = 0; i < n; i++) sum += yield* leaf(i);
  return sum;
}
`;

function time(rounds, body, runs = 7) {
  let best = Infinity;
  for (let run = 0; run < runs; run++) {
    // What was just made would pay for the write barrier at every switch.
    globalThis.gc();
    const before = process.cpuUsage();
    body();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, ((user + system) * 1000) / rounds);
  }
  return Number(best.toFixed(1));
}

async function measure(file) {
  const { Fiber, run, spawn, unpark, yieldNow } = await import("fibril");
  const { loop, caller, member, giveWay, parks } = await import(file);

  /**
   * A ring of fibers, each of which transfers to the next, and the function that lets it pass that often. Its order is
   * in an array, because a property `next` would give its fibers another hidden class than all others have.
   */
  function ringOf(size) {
    let left = 0;
    let at = 0;
    const supervisor = Fiber.current;
    const members = [];
    const step = member(() => {
      if (--left === 0) return supervisor;
      at = at + 1 === size ? 0 : at + 1;
      return members[at];
    });
    for (let i = 0; i < size; i++) members.push(new Fiber(step));
    return (passes) => {
      left = passes;
      members[at].transfer();
      at = (at + 1) % size;
    };
  }

  /** Nanoseconds for each turn of a thousand tasks, with what another task does for them: the best of some slices. */
  async function timeTurns(routine, wake) {
    const slices = 7;
    const turns = 2000;
    let best = Infinity;
    await run(function* () {
      const tasks = Array.from({ length: 1000 }, () => spawn(routine, slices * turns));
      yield* yieldNow();
      globalThis.gc();
      for (let slice = 0; slice < slices; slice++) {
        const before = process.cpuUsage();
        for (let turn = 0; turn < turns; turn++) {
          for (const task of tasks) wake(task);
          yield* yieldNow();
        }
        const { user, system } = process.cpuUsage(before);
        best = Math.min(best, (user + system) / turns);
      }
    });
    return Number(best.toFixed(1));
  }

  const create = () => {
    const made = [];
    for (let i = 0; i < 100_000; i++) made.push(new Fiber(loop));
    for (const fiber of made) fiber.resume();
  };

  const found = {};
  found["create and first resume"] = time(100_000, create, 14);
  for (const count of [64, 1024, 2 ** 20]) {
    const fibers = Array.from({ length: count }, () => {
      const fiber = new Fiber(loop);
      fiber.resume();
      return fiber;
    });
    const rounds = Math.max(2, Math.round(2e6 / count));
    const sweep = (list) => () => {
      for (let round = 0; round < rounds; round++) for (let i = 0; i < count; i++) list[i].resume();
    };
    found[`${count} in order`] = time(rounds * count, sweep(fibers));
    let seed = 1;
    const shuffled = [...fibers];
    for (let i = count - 1; i > 0; i--) {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
      const j = seed % (i + 1);
      [shuffled[i], shuffled[j]] = [shuffled[j], shuffled[i]];
    }
    found[`${count} shuffled`] = time(rounds * count, sweep(shuffled));
  }
  for (const number of [1, 8, 32, 128]) {
    // Each import with another query is another module, with a function and type feedback of its own.
    const loops = [];
    for (let i = 0; i < number; i++) loops.push((await import(`${file}?${i}`)).loop);
    const fibers = Array.from({ length: 1024 }, (_, index) => new Fiber(loops[index % number]));
    found[`1024 of ${number} routines`] = time(1024 * 500, () => {
      for (let round = 0; round < 500; round++) for (const fiber of fibers) fiber.resume();
    });
  }
  // By now V8 has made so much room for new objects that it does not collect any during a run.
  found["the same in a heap that has grown"] = time(100_000, create, 14);
  const pass = ringOf(100);
  found["ring of 100"] = time(2_000_000, () => pass(2_000_000));
  found["yieldNow, 1000 tasks"] = await timeTurns(giveWay, () => undefined);
  found["park and unpark, 1000 tasks"] = await timeTurns(parks, (task) => unpark(task));
  found["call that does not suspend"] = time(1e5, () => new Fiber(caller).resume(1e5));
  globalThis.gc();
  const before = process.memoryUsage().heapUsed;
  const kept = Array.from({ length: 200_000 }, () => {
    const fiber = new Fiber(loop);
    fiber.resume();
    return fiber;
  });
  globalThis.gc();
  found["bytes per fiber"] = Math.round((process.memoryUsage().heapUsed - before) / kept.length);
  console.log(JSON.stringify(found));
}

if (process.argv[2] === undefined) {
  const folder = mkdtempSync(join(fileURLToPath(new URL("..", import.meta.url)), "build/bench-"));
  try {
    const told = [SOURCE, transform(SOURCE, { file: "a.mjs" }).code].map((text, index) => {
      const file = join(folder, `${index}.mjs`);
      writeFileSync(file, text);
      const self = fileURLToPath(import.meta.url);
      const args = ["--expose-gc", "--max-old-space-size=4000", self, pathToFileURL(file).href];
      return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" }));
    });
    const [plain, compiled] = told;
    for (const [name, value] of Object.entries(plain)) {
      const ratio = (value / compiled[name]).toFixed(2);
      console.log(`${name}: plain ${value}, compiled ${compiled[name]}, ratio ${ratio}`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
} else {
  await measure(process.argv[2]);
}
