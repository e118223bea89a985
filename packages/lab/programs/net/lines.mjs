/**
 * Lines of a file, counted with their characters: async iteration of node:readline, `lines` of a stream, `lines` of a
 * file. They take turns in one process, in which the file has been read before. Prints the processor time and the time by
 * the clock, of all threads, with their ratios to readline: the median of the rounds, and the least and the most.
 *
 *     node packages/lab/programs/net/lines.mjs [bytes, 1e9] [rounds, 5]
 */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import readline from "node:readline";
import { lines } from "@fibril/node";
import { lines as linesOf, run } from "fibril";

const [bytes = "1e9", rounds = "5"] = process.argv.slice(2);
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "fibril-lines-"));
const file = path.join(folder, "log");

/** As a log has them: 47 to 136 characters. */
function write() {
  const line = (n) =>
    `2026-11-30T09:${n % 60}:00 host${n % 17} GET /path/${(n * 7_919) % 100_003} ${n % 5 ? 200 : 500} ${"x".repeat(n % 90)}`;
  const chunk = Buffer.from(`${Array.from({ length: 20_000 }, (_, n) => line(n)).join("\n")}\n`);
  const fd = fs.openSync(file, "w");
  for (let size = 0; size < Number(bytes); size += chunk.length) fs.writeSync(fd, chunk);
  fs.closeSync(fd);
}

const each = (open) =>
  run(function* () {
    let count = 0;
    let characters = 0;
    yield* open().each((line) => {
      count++;
      characters += line.length;
    });
    return `${count} lines, ${characters} characters`;
  });

const ways = {
  async "node:readline"() {
    let count = 0;
    let characters = 0;
    const input = fs.createReadStream(file);
    for await (const line of readline.createInterface({ input, crlfDelay: Infinity })) {
      count++;
      characters += line.length;
    }
    return `${count} lines, ${characters} characters`;
  },
  "lines of a stream": () => each(() => linesOf(fs.createReadStream(file))),
  "lines of a file": () => each(() => lines(file)),
};

const spread = (list) => {
  const sorted = list.toSorted((a, b) => a - b);
  const [low, middle, high] = [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)];
  return `${middle.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;
};

try {
  write();
  const used = {};
  const answers = new Set();
  for (let round = 0; round <= Number(rounds); round++) {
    for (const name in ways) {
      const before = process.cpuUsage();
      const start = performance.now();
      answers.add(await ways[name]());
      const clock = (performance.now() - start) / 1e3;
      const { user, system } = process.cpuUsage(before);
      // The first round warms up.
      if (round > 0) (used[name] ??= []).push({ processor: (user + system) / 1e6, clock });
    }
  }
  console.log(`${(fs.statSync(file).size / 1e9).toFixed(2)} GB, ${[...answers].join("; ")}`);
  const bare = used["node:readline"];
  for (const name in used) {
    for (const kind of ["processor", "clock"]) {
      const seconds = spread(used[name].map((each) => each[kind]));
      const ratio = spread(used[name].map((each, round) => bare[round][kind] / each[kind]));
      console.log(
        `${name.padEnd(18)} ${kind.padEnd(10)} ${seconds} s   ${ratio} times readline's speed`,
      );
    }
  }
} finally {
  fs.rmSync(folder, { recursive: true });
}
