/** A process with perf around it, which counts only while the process allows it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Sample } from "../cell.js";
import { type Finished, run } from "../system/child.js";
import type { Launch } from "../runtimes/entry.js";
import { parseStat } from "./stat.js";
import type { Perf } from "./tool.js";
import { inScratch } from "../system/scratch.js";

export interface Counting extends Finished {
  readonly counted: Pick<Sample, "events" | "eventsMissing">;
}

/** Runs the process with `perf stat`. If perf itself fails, runs it without perf and returns the reason. */
export async function runCounted(
  perf: Perf,
  launch: Launch,
  timeout: number,
  signal: AbortSignal,
): Promise<Counting> {
  const args = ["stat", "-e", perf.events.join(","), "-j"];
  const { finished, output } = await runGated(perf.command, args, launch, timeout, signal);
  const counted = parseStat(output);
  if (finished.trouble === undefined && Object.keys(counted.events).length > 0) {
    return { ...finished, counted: { events: counted.events, ...missing(perf, counted.running) } };
  }
  if (finished.trouble !== undefined && output === "" && !signal.aborted) {
    const plain = await run(launch.command, launch.args, timeout, signal, launch.env);
    return { ...plain, counted: { eventsMissing: `perf stat failed: ${finished.trouble}` } };
  }
  return { ...finished, counted: { eventsMissing: "perf stat has counted nothing" } };
}

function missing(perf: Perf, running: number): Pick<Sample, "eventsMissing"> {
  const scaled =
    running < 1
      ? [
          `counted by turns, ${Math.round(running * 100)} % of the time at least, and scaled by perf`,
        ]
      : [];
  const words = [...(perf.missing === undefined ? [] : [perf.missing]), ...scaled];
  return words.length === 0 ? {} : { eventsMissing: words.join("; ") };
}

/**
 * `perf stat` or `perf record` around a process, disabled until the process opens the gate
 * (measuring/gate.ts).
 */
export async function runGated(
  command: string,
  args: readonly string[],
  launch: Launch,
  timeout: number,
  signal: AbortSignal,
  keep?: string,
): Promise<{ finished: Finished; output: string }> {
  return inScratch(async (folder) => {
    const [control, ack] = [join(folder, "control"), join(folder, "ack")];
    const made = await run("mkfifo", [control, ack], timeout, signal);
    if (made.trouble !== undefined) return { finished: made, output: "" };
    const out = keep ?? join(folder, "output");
    const gated = ["-D", "-1", "--control", `fifo:${control},${ack}`, "-o", out];
    const finished = await run(
      command,
      [...args, ...gated, "--", launch.command, ...launch.args],
      timeout,
      signal,
      { ...launch.env, FIBRIL_PERF_CONTROL: control, FIBRIL_PERF_ACK: ack },
    );
    return { finished, output: keep === undefined ? read(out) : "" };
  });
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // perf has written nothing
  }
}
