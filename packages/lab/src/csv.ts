/** One line a repeat: what a spreadsheet or a notebook wants. */
import { isSample, rateOf, type Result } from "./cell.js";

const HEAD =
  "experiment,runtime,order,fibers,repeat,count,seconds,rate,best_rate,rss_kib,bytes_per_fiber,faults_per_fiber,note";

export function toCsv(results: readonly Result[]): string {
  const lines = [HEAD];
  for (const { cell, outcomes } of results) {
    for (const [repeat, outcome] of outcomes.entries()) {
      const about = [cell.experiment, cell.runtime, cell.order, cell.fibers, repeat + 1];
      if (isSample(outcome)) {
        const { count, seconds, best, rssKiB, bytesPerFiber, faultsPerFiber } = outcome;
        const figures = [
          count,
          seconds,
          rateOf(outcome),
          best,
          rssKiB,
          bytesPerFiber,
          faultsPerFiber,
        ];
        lines.push([...about, ...figures.map((value) => value ?? ""), ""].join(","));
      } else if ("quoted" in outcome) {
        lines.push(
          [...about, "", "", outcome.rate, "", "", "", "", quote(outcome.quoted)].join(","),
        );
      } else {
        const note =
          "failed" in outcome
            ? outcome.failed
            : `stopped at ${outcome.stoppedAt}: ${outcome.error}`;
        lines.push([...about, "", "", "", "", "", "", "", quote(note)].join(","));
      }
    }
  }
  return `${lines.join("\n")}\n`;
}

const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`;
