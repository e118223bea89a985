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

const SOURCE = `import { Fiber } from "fibril";
export const loop = function* () {
  for (let i = 0; ; i++) yield* Fiber.yield(i);
};
const leaf = function* (n) {
  return n + 1;
};
export function* caller(n) {
  "use fiber";
  let sum = 0;
  for (let i = 0; i < n; i++) sum += yield* leaf(i);
  return sum;
}
`;

function time(rounds, body) {
  let best = Infinity;
  for (let run = 0; run < 5; run++) {
    const before = process.cpuUsage();
    body();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, ((user + system) * 1000) / rounds);
  }
  return Number(best.toFixed(1));
}

async function measure(file) {
  const { Fiber } = await import("fibril");
  const { loop, caller } = await import(file);
  const found = {};
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
