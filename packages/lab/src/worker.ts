/** The process that measures one cell of an inline runtime, and says the outcome on stdout. */
import type { Cell, Outcome } from "./cell.js";
import { experimentNamed } from "./experiments/registry.js";
import { findRuntime } from "./runtimes/registry.js";

const cell = JSON.parse(process.argv[2] as string) as Cell;
const runtime = await findRuntime(cell.runtime)?.load?.();
if (runtime === undefined) throw new Error(`no such runtime in this process: ${cell.runtime}`);
const outcome: Outcome = await experimentNamed(cell.experiment).measure(runtime, cell);
process.stdout.write(JSON.stringify(outcome));
