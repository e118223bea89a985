/** The process that makes the load: it does what it is asked, one thing after the other, until the other side goes. */
import { autocannonLoad } from "./autocannon.js";
import { calls, idle, paced } from "./callers.js";
import type { Load, Loaded, Unloaded } from "./cell.js";
import { wrkLoad } from "./wrk.js";

const LOADS: Readonly<Record<Load["kind"], (load: Load) => Promise<Loaded>>> = {
  // Both are clients that people know, and both tell the latency. wrk takes less of the processor.
  http: process.env["FIBRIL_LOAD"] === "wrk" ? wrkLoad : autocannonLoad,
  calls,
  paced,
  idle,
};

process.on("message", (load: Load) => {
  LOADS[load.kind](load).then(answer, (error: unknown) => {
    answer({ failed: (error as Error).message });
  });
});
process.on("disconnect", () => process.exit());

function answer(loaded: Loaded | Unloaded): void {
  process.send?.(loaded);
}
