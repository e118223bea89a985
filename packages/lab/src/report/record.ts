/** A run under V8's profiler, for the flame graph. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Cell, Profile } from "../cell.js";
import { run } from "../child.js";
import { readStacks } from "./stacks.js";

const WORKER = fileURLToPath(new URL("../worker.js", import.meta.url));

/** Measures a cell once more, profiled; its times count for nothing. Throws where that fails. */
export async function record(cell: Cell, timeout: number, signal: AbortSignal): Promise<Profile> {
  const folder = mkdtempSync(join(tmpdir(), "fibril-lab-"));
  try {
    const file = join(folder, "run.cpuprofile");
    const args = ["--expose-gc", WORKER, JSON.stringify(cell)];
    const { trouble } = await run(process.execPath, args, timeout, signal, {
      FIBRIL_PROFILE: file,
    });
    if (trouble !== undefined) throw new Error(`the profiled run ${trouble}`);
    const { experiment, runtime, fibers } = cell;
    return { experiment, runtime, fibers, ...readStacks(readFileSync(file, "utf8")) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
