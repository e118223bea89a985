/** Results as CSV, a line per repeat, for a spreadsheet or a notebook. */
import { isSample, type Outcome, rateOf, type Result, type Sample } from "../cell.js";

type Value = number | undefined;

/** The columns in their order, each with its figure. */
const FIGURES: readonly (readonly [string, (sample: Sample) => Value])[] = [
  ["count", ({ count }) => count],
  ["seconds", ({ seconds }) => seconds],
  ["rate", rateOf],
  ["best_rate", ({ best }) => best],
  ["rss_kib", ({ rssKiB }) => rssKiB],
  ["bytes_per_fiber", ({ bytesPerFiber }) => bytesPerFiber],
  ["heap_bytes_per_fiber", ({ heapBytesPerFiber }) => heapBytesPerFiber],
  ["faults_per_fiber", ({ faultsPerFiber }) => faultsPerFiber],
  ["create_seconds", ({ createSeconds }) => createSeconds],
  ["enter_seconds", ({ enterSeconds }) => enterSeconds],
  ["mappings", ({ mappings }) => mappings],
  ["mapped_bytes_per_fiber", ({ mappedBytesPerFiber }) => mappedBytesPerFiber],
  ["user_seconds", ({ userSeconds }) => userSeconds],
  ["system_seconds", ({ systemSeconds }) => systemSeconds],
  ["minor_faults", ({ minorFaults }) => minorFaults],
  ["major_faults", ({ majorFaults }) => majorFaults],
  ["context_switches", ({ contextSwitches }) => contextSwitches],
  ["gc_count", ({ gcCount }) => gcCount],
  ["gc_seconds", ({ gcSeconds }) => gcSeconds],
  ["pause_p50", ({ pauses }) => pauses?.p50],
  ["pause_p99", ({ pauses }) => pauses?.p99],
  ["pause_max", ({ pauses }) => pauses?.max],
  ["loop_delay_p50", ({ loopDelay }) => loopDelay?.p50],
  ["loop_delay_p99", ({ loopDelay }) => loopDelay?.p99],
  ["loop_delay_max", ({ loopDelay }) => loopDelay?.max],
  ["overhead_seconds", ({ overheadSeconds }) => overheadSeconds],
  ["wake_seconds", ({ wakeSeconds }) => wakeSeconds],
  ["kept_bytes", ({ keptBytes }) => keptBytes],
  ["latency_p50", ({ latency }) => latency?.p50],
  ["latency_p99", ({ latency }) => latency?.p99],
  ["latency_max", ({ latency }) => latency?.max],
];

export function toCsv(results: readonly Result[]): string {
  const about = ["experiment", "runtime", "order", "fibers", "repeat"];
  const lines: (string | number)[][] = [[...about, ...FIGURES.map(([name]) => name), "note"]];
  for (const { cell, outcomes } of results) {
    for (const [index, outcome] of outcomes.entries()) {
      const { experiment, runtime, order, fibers } = cell;
      lines.push([experiment, runtime, order, fibers, index + 1, ...figures(outcome)]);
    }
  }
  return lines.map((line) => `${line.join(",")}\n`).join("");
}

function figures(outcome: Outcome): (string | number)[] {
  if (isSample(outcome)) return [...FIGURES.map(([, of]) => of(outcome) ?? ""), ""];
  const rate = "quoted" in outcome ? outcome.rate : "";
  const none = FIGURES.map(([name]) => (name === "rate" ? rate : ""));
  return [...none, quote(noteOf(outcome))];
}

function noteOf(outcome: Exclude<Outcome, Sample>): string {
  if ("quoted" in outcome) return outcome.quoted;
  return "failed" in outcome ? outcome.failed : `stopped at ${outcome.stoppedAt}: ${outcome.error}`;
}

const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`;
