/** Every experiment, in the order in which the lab shows them. */
import type { Experiment } from "../cell.js";
import { counters } from "./counters.js";
import { create } from "./create.js";
import { depth } from "./depth.js";
import { empty } from "./empty.js";
import type { ExperimentEntry } from "./experiment.js";
import { gc } from "./gc.js";
import { memory } from "./memory.js";
import { netExperiments } from "./net.js";
import { resume } from "./resume.js";
import { ring } from "./ring.js";
import { routines } from "./routines.js";
import { scale } from "./scale.js";
import { taskExperiments } from "./tasks.js";

export const experiments: readonly ExperimentEntry[] = [
  ring,
  resume,
  scale,
  create,
  routines,
  depth,
  counters,
  gc,
  memory,
  empty,
  ...taskExperiments,
  ...netExperiments,
];

const byName: ReadonlyMap<Experiment, ExperimentEntry> = new Map(
  experiments.map((entry) => [entry.name, entry]),
);

export function experimentNamed(name: Experiment): ExperimentEntry {
  const found = byName.get(name);
  if (found === undefined) throw new Error(`no experiment is named ${name}`);
  return found;
}
