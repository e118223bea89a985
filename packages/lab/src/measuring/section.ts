/** The timed section of a measurement, and everything that is counted around it. */
import type { Sample } from "../cell.js";
import type { Awaitable } from "./runtime.js";
import { watchGc } from "./gc-watch.js";
import { perfGate } from "./gate.js";
import { profiled } from "./profiler.js";
import { watchUsage } from "./usage.js";

export async function section<T extends Partial<Sample>>(
  run: () => Awaitable<T>,
): Promise<
  T &
    Pick<
      Sample,
      | "userSeconds"
      | "systemSeconds"
      | "minorFaults"
      | "majorFaults"
      | "contextSwitches"
      | "gcCount"
      | "gcSeconds"
      | "pauses"
    >
> {
  const gate = perfGate();
  const collections = watchGc();
  const used = watchUsage();
  const from = performance.now();
  gate.open();
  const result = await profiled(run);
  gate.close();
  const to = performance.now();
  return { ...result, ...used(), ...(await collections(from, to)) };
}
