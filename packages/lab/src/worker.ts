/** The process that measures one cell of an inline runtime. It prints the outcome on stdout as JSON. */
import type { Cell, Outcome } from "./cell.js";
import { experimentNamed } from "./experiments/registry.js";
import { limitCreation, TooSlow } from "./runtimes/creation.js";
import { findRuntime } from "./runtimes/registry.js";

const cell = JSON.parse(process.argv[2] as string) as Cell;
const runtime = await findRuntime(cell.runtime)?.load?.();
if (runtime === undefined) throw new Error(`the worker has no runtime named ${cell.runtime}`);
const outcome = await measured();
process.stdout.write(JSON.stringify(outcome));

async function measured(): Promise<Outcome> {
  if (cell.limit !== undefined) limitCreation(cell.limit);
  try {
    return await experimentNamed(cell.experiment).measure(runtime!, cell);
  } catch (error) {
    if (!(error instanceof TooSlow)) throw error;
    return { stoppedAt: error.made, error: error.message };
  }
}
