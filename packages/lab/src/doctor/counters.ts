/** Whether the lab can read the counters of the processor. */
import { EVENTS } from "../perf/events.js";
import { findPerf, perfCommand } from "../perf/tool.js";
import { outputOf } from "../runtimes/program.js";
import type { Files } from "./files.js";
import { finding, type Section } from "./finding.js";

const ADDS =
  "cycles, cache and TLB misses in `fibril-lab counters`, and kernel stacks in flame graphs";

export async function counters(files: Files): Promise<Section> {
  const version = await outputOf(perfCommand(), ["--version"]);
  const paranoid = files.number("proc/sys/kernel/perf_event_paranoid");
  const perf = await findPerf();
  return {
    title: "counters",
    findings: [
      finding(
        "perf",
        version ?? "missing",
        version === undefined && {
          adds: ADDS,
          how: "apt-get install linux-perf",
        },
      ),
      // At 1, perf counts a process in the kernel too; at 2, in user space only.
      finding(
        "kernel.perf_event_paranoid",
        paranoid === undefined ? "not visible here" : String(paranoid),
        paranoid !== undefined &&
          paranoid > 1 && {
            adds: "counts and stacks in the kernel too, for every user",
            how: "sysctl -w kernel.perf_event_paranoid=-1",
          },
      ),
      finding(
        "events",
        `${perf.events.length} of the bug report's ${EVENTS.length}`,
        perf.missing !== undefined && {
          adds: `the others, in \`fibril-lab counters\` (${perf.missing})`,
        },
      ),
    ],
  };
}
