/**
 * Many cores: what a call through a pool of workers costs beside piscina, and what more workers bring to work that needs a
 * processor. Both pools are in one process and take turns; processor time (of all threads) is given beside the time on the
 * clock, because other programs disturb it less.
 *
 *     node packages/lab/programs/net/machine.mjs calls     one call after the other, and 1,000 under way
 *     node packages/lab/programs/net/machine.mjs cores     the same sum on one worker and on as many as there are cores
 *
 * Further argument: rounds (11), of which the first two warm up.
 */
import { availableParallelism } from "node:os";
import { map, run, until } from "fibril";
import { openWorkers, parallel } from "@fibril/node";
import { Piscina } from "piscina";

const [what = "calls", rounds = "11"] = process.argv.slice(2);
const job = new URL("machine-job.mjs", import.meta.url);
const WARM_UP = 2;

await run(what === "cores" ? cores : calls);

function* calls() {
  console.log(`Node ${process.version}, ${availableParallelism()} cores`);
  yield* beside("one at a time, 1 worker", 1, 1, 4_000, 1);
  yield* beside("1,000 under way, 1 worker, 1 call each", 1, 1, 10_000, 1_000);
  yield* beside("1,000 under way, 1 worker, 64 calls each", 1, 64, 10_000, 1_000);
  yield* beside("1,000 under way, 2 workers, 1 call each", 2, 1, 10_000, 1_000);
}

function* beside(title, size, perWorker, count, at) {
  const workers = yield* openWorkers({ size, perWorker, idle: Infinity });
  const pool = new Piscina({
    filename: job.href,
    minThreads: size,
    maxThreads: size,
    concurrentTasksPerWorker: perWorker,
    maxQueue: Infinity,
  });
  const numbers = Array.from({ length: count }, (_, n) => n);
  const sides = {
    *fibril() {
      if (at === 1) for (const n of numbers) yield* workers.run(job, "double", n);
      else yield* map(numbers, (n) => workers.run(job, "double", n), { concurrency: at });
    },
    piscina: () => {
      const left = numbers.values();
      const takes = async () => {
        for (const n of left) await pool.run(n, { name: "doubleAsync" });
      };
      return until(Promise.all(Array.from({ length: at }, takes)));
    },
  };
  yield* compare(title, sides, count, "piscina");
  yield* until(pool.destroy());
  yield* workers.close();
}

function* cores() {
  const size = availableParallelism();
  const [one, all] = [yield* openWorkers({ size: 1 }), yield* openWorkers({ size })];
  const items = Array.from({ length: 8 * size }, (_, n) => n);
  const sides = {
    [`${size} workers`]: () => parallel(all, items, job, "sum"),
    "one worker": () => parallel(one, items, job, "sum"),
  };
  yield* compare(
    "a sum of 5 million numbers, eight for each core",
    sides,
    items.length,
    "one worker",
  );
}

/** Both sides in turn, round by round. */
function* compare(title, sides, count, base) {
  const wall = {};
  const used = {};
  for (let round = 0; round < Number(rounds); round++) {
    const names = Object.keys(sides);
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const [began, before] = [performance.now(), process.cpuUsage()];
      yield* sides[name]();
      const { system, user } = process.cpuUsage(before);
      if (round < WARM_UP) continue;
      (wall[name] ??= []).push((1_000 * (performance.now() - began)) / count);
      (used[name] ??= []).push((user + system) / count);
    }
  }
  console.log(title);
  for (const name in sides) {
    const [w, u] = [wall[name], used[name]];
    const rate = (of) => (middle(of[base]) / middle(of[name])).toFixed(2);
    console.log(
      `  ${name.padEnd(12)} ${spread(w)} µs a call, ${spread(u)} µs of processor time;` +
        ` rate ${rate(wall)} by the clock, ${rate(used)} by processor time`,
    );
  }
}

function sorted(list) {
  return list.toSorted((a, b) => a - b);
}

function middle(list) {
  return sorted(list)[list.length >> 1];
}

/** The median, and the quartiles around it. */
function spread(list) {
  const at = (part) => sorted(list)[Math.floor(part * (list.length - 1))].toFixed(1);
  return `${at(0.5)} (${at(0.25)}–${at(0.75)})`;
}
