/**
 * What direct style costs, by processor time. The variants take turns in one process:
 *
 *     node packages/compiler/scripts/bench-direct.js
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Fiber } from "fibril";
import { transform } from "../dist/index.js";

const FUNCTIONS = `
export function fib(n) {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}
const add = (a, b) => {
  touch(a);
  return a + b;
};
function touch(a) {
  // What it calls is not known, so it may wait.
  if (a < 0) unknown(a);
}
export function calls(n) {
  let sum = 0;
  for (let i = 0; i < n; i++) sum = add(sum & 1023, i);
  return sum;
}
export function plainCalls(n) {
  let sum = 0;
  for (let i = 0; i < n; i++) sum = globalThis.plainAdd(sum & 1023, i);
  return sum;
}
class Counter {
  total = 0;
  add(n) {
    this.total += n;
    return this.check();
  }
  check() {
    return this.total;
  }
}
export function methods(n) {
  const counter = new Counter();
  for (let i = 0; i < n; i++) counter.add(i & 7);
  return counter.total;
}
`;
const DEEP = `
const level = (n) => {
  if (n > 0) return 1 + level(n - 1);
  for (;;) Fiber.yield(n);
};
export const suspendedAt = (depth) => {
  const fiber = new Fiber(() => level(depth));
  fiber.resume();
  return fiber;
};
`;
const GENERATORS = `
import { Fiber } from "fibril";
export const loop = function* () {
  for (;;) yield* Fiber.yield(1);
};
`;

const folder = mkdtempSync(join(fileURLToPath(new URL("..", import.meta.url)), "build/bench-"));

async function load(name, source, compiled) {
  const file = join(folder, `${name}.mjs`);
  writeFileSync(file, compiled ? transform(source, { file }).code : source);
  return import(pathToFileURL(file).href);
}

/** Milliseconds of processor time. */
function time(body) {
  const before = process.cpuUsage();
  body();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

const ROUNDS = 15;
function compare(variants) {
  const times = Object.fromEntries(Object.keys(variants).map((name) => [name, []]));
  for (let round = 0; round < ROUNDS + 3; round++) {
    for (const [name, body] of Object.entries(variants)) {
      const took = time(body);
      if (round >= 3) times[name].push(took);
    }
  }
  return Object.fromEntries(
    Object.entries(times).map(([name, list]) => {
      const sorted = list.toSorted((a, b) => a - b);
      return [name, { median: sorted[ROUNDS >> 1], low: sorted[1], high: sorted.at(-2) }];
    }),
  );
}

function shown({ median, low, high }, scale, unit) {
  const text = [median, low, high].map((each) => (each * scale).toFixed(1));
  return `${text[0]} ${unit} (${text[1]}–${text[2]})`;
}

const many = (fiber) => () => {
  for (let i = 0; i < 200_000; i++) fiber.resume();
};

/** A function that is not compiled. */
globalThis.plainAdd = (a, b) => a + b;

/** Runs a function of direct style in a fiber, where its calls may wait. */
const inFiber = (fn, n) => () => void new Fiber(fn).resume(n);

try {
  const plain = await load("plain", FUNCTIONS, false);
  const direct = await load("direct", `"use fibers";${FUNCTIONS}`, true);
  const { suspendedAt } = await load(
    "deep",
    `"use fibers"; import { Fiber } from "fibril";${DEEP}`,
    true,
  );
  const { loop } = await load("generators", GENERATORS, false);

  for (const [name, n, per] of [
    ["fib", 30, 1],
    ["calls", 2_000_000, 4_000_000],
    ["methods", 2_000_000, 4_000_000],
    ["plainCalls", 2_000_000, 2_000_000],
  ]) {
    const found = compare({
      plain: () => void plain[name](n),
      direct: inFiber(direct[name], n),
    });
    const scale = per === 1 ? 1 : 1e6 / per;
    const unit = per === 1 ? "ms" : "ns a call";
    const more = ((found.direct.median - found.plain.median) * scale).toFixed(1);
    console.log(
      `${name}: plain ${shown(found.plain, scale, unit)}, direct ${shown(found.direct, scale, unit)}, ` +
        `ratio ${(found.direct.median / found.plain.median).toFixed(2)}, ${more} more`,
    );
  }

  const generator = new Fiber(loop);
  generator.resume();
  const fibers = [0, 10, 1_000, 1_000_000].map((depth) => [depth, suspendedAt(depth)]);
  const resumes = compare({
    "generator, depth 0": many(generator),
    ...Object.fromEntries(fibers.map(([depth, fiber]) => [`depth ${depth}`, many(fiber)])),
  });
  for (const [name, found] of Object.entries(resumes)) {
    console.log(`resume and yield, ${name}: ${shown(found, 1e6 / 200_000, "ns")}`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
