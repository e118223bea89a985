/**
 * Measures the six applications, each with Fibril, with async/await and with Effect.
 *
 *     node packages/lab/build/applications/measure.js [--only crawler,bank] [--rounds 5] [--scale 1]
 *
 * Each run is a process of its own. Rounds are interleaved: all versions once, then all again backwards. Ratios
 * are taken round by round, because what slows a round slows all versions.
 */
import { readFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { max, median, min } from "simple-statistics";
import {
  APPLICATIONS,
  type Outcome,
  runApplication,
  type Version,
  VERSIONS,
} from "./support/run.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string", default: APPLICATIONS.join(",") },
    rounds: { type: "string", default: "5" },
    scale: { type: "string", default: "1" },
  },
});
const [rounds, scale] = [Number(values.rounds), Number(values.scale)];

type Measure = "processor" | "seconds" | "peakMiB";
type Round = Record<Version, Outcome>;

/** The median, with the lowest and the highest. */
function spread(numbers: number[], digits: number): string {
  const [m, l, h] = [median, min, max].map((of) => of(numbers).toFixed(digits));
  return `${m} (${l}–${h})`;
}

/** Without blank lines and comments. All sources are formatted alike. */
function linesOf(name: string, version: Version): number {
  const source = new URL(`../../applications/${name}/${version}.ts`, import.meta.url);
  const text = readFileSync(source, "utf8").replaceAll(/^\s*\/\*\*[^]*?\*\/$/gm, "");
  return text.split("\n").filter((line) => /\S/.test(line) && !/^\s*\/\//.test(line)).length;
}

async function measure(name: string): Promise<Round[]> {
  const results: Round[] = [];
  for (let n = 0; n < rounds; n++) {
    const round: Partial<Round> = {};
    for (const version of n % 2 === 0 ? VERSIONS : [...VERSIONS].toReversed()) {
      process.stderr.write(`${name}, ${version}, round ${n + 1} of ${rounds}\n`);
      round[version] = await runApplication(name, version, scale);
      if (round[version].output !== (round.fibril ?? round.effect)!.output) {
        throw new Error(`${name}: ${version} comes to something else: ${round[version].output}`);
      }
    }
    results.push(round as Round);
  }
  return results;
}

function row(name: string, results: readonly Round[], measure: Measure, digits: number): string {
  const of = (version: Version) => results.map((round) => round[version][measure]);
  const against = (version: Version) =>
    results.map((round) => round.fibril[measure] / round[version][measure]);
  const cells = [
    ...VERSIONS.map((version) => spread(of(version), digits)),
    ...VERSIONS.slice(1).map((version) => spread(against(version), 2)),
  ];
  return `| ${name} | ${cells.join(" | ")} |`;
}

const head = (title: string) =>
  `\n| ${title} | ${VERSIONS.join(" | ")} | fibril : async | fibril : effect |\n| --- | --: | --: | --: | --: | --: |`;

console.log(
  `Node ${process.version}, ${cpus().length} × ${cpus()[0]!.model}, load ${loadavg()[0]!.toFixed(1)},`,
  `${new Date().toISOString().slice(0, 10)}, ${rounds} rounds, scale ${scale}`,
);
const measured: [name: string, results: Round[]][] = [];
for (const name of values.only.split(",")) measured.push([name, await measure(name)]);

console.log("\n| lines of code | fibril | async | effect |\n| --- | --: | --: | --: |");
for (const [name] of measured) {
  console.log(`| ${[name, ...VERSIONS.map((v) => linesOf(name, v))].join(" | ")} |`);
}
const tables = [
  ["processor seconds", "processor", 2],
  ["wall seconds", "seconds", 2],
  ["peak MiB", "peakMiB", 0],
] as const;
for (const [title, measure, digits] of tables) {
  console.log(head(title));
  for (const [name, results] of measured) console.log(row(name, results, measure, digits));
}
