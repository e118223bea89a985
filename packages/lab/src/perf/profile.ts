/**
 * Where the time of an experiment goes. Each runtime is run once more for this, outside the measurements,
 * because a profiler slows a program down. V8's profiler records the lab's own workers. Perf records every
 * runtime, with kernel stacks, where it is installed and allowed.
 */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Cell, type Profile, title } from "../cell.js";
import { run } from "../system/child.js";
import type { Progress } from "../system/progress.js";
import type { Launch, RuntimeEntry } from "../runtimes/entry.js";
import { findRuntime } from "../runtimes/registry.js";
import { foldPerf, foldV8 } from "./fold.js";
import { runGated } from "./gated.js";
import { perfCommand } from "./tool.js";

interface Profiling {
  /** The folder for the raw recordings. */
  readonly folder: string;
  readonly timeout: number;
  readonly signal: AbortSignal;
  readonly progress: Progress;
  readonly launch: (entry: RuntimeEntry, cell: Cell) => Promise<Launch>;
}

interface Profiled {
  readonly profiles: readonly Profile[];
  /** A line for each profile that could not be recorded. */
  readonly missing: readonly string[];
}

/** Samples a second: an odd number, so that they do not fall into step with a timer of the program. */
const FREQUENCY = "999";
/** Flags that make V8 write down the addresses of its code, so that perf can name the functions. */
const FOR_PERF = ["--perf-basic-prof", "--interpreted-frames-native-stack"];

/** Profiles the largest `create` cell of each runtime. Without a folder it does nothing. */
export async function profileLargest(
  cells: readonly Cell[],
  folder: string | undefined,
  how: Omit<Profiling, "folder">,
): Promise<Profiled> {
  if (folder === undefined) return { profiles: [], missing: [] };
  const largest = new Map<string, Cell>();
  for (const cell of cells) {
    const known = largest.get(cell.runtime);
    if (cell.experiment === "create" && (known === undefined || known.fibers < cell.fibers))
      largest.set(cell.runtime, cell);
  }
  return profile([...largest.values()], { ...how, folder });
}

async function profile(cells: readonly Cell[], how: Profiling): Promise<Profiled> {
  const profiles: Profile[] = [];
  const missing = new Set<string>();
  for (const cell of cells) {
    for (const record of [withV8, withPerf]) {
      if (how.signal.aborted) break;
      how.progress.step(`profiling ${title(cell)}`);
      const made = await record(cell, how);
      if (typeof made === "string") missing.add(made);
      else if (made !== undefined) profiles.push(made);
    }
  }
  return { profiles, missing: [...missing] };
}

type Made = Profile | string | undefined;

async function withV8(cell: Cell, how: Profiling): Promise<Made> {
  const entry = findRuntime(cell.runtime);
  if (entry?.kind !== "inline") return undefined;
  const { command, args, env } = await how.launch(entry, cell);
  const file = `${cell.experiment}-${cell.runtime}.cpuprofile`;
  const path = join(how.folder, file);
  const watched = { ...env, FIBRIL_PROFILE: path };
  const { trouble } = await run(command, args, how.timeout, how.signal, watched);
  if (trouble !== undefined) return `no profile of ${cell.runtime}: ${trouble}`;
  return { ...about(cell), source: "v8", stacks: foldV8(readFileSync(path, "utf8")), file };
}

async function withPerf(cell: Cell, how: Profiling): Promise<Made> {
  const entry = findRuntime(cell.runtime);
  if (entry === undefined) return undefined;
  const perf = perfCommand();
  const { trouble: none } = await run(perf, ["--version"], how.timeout, how.signal);
  if (none !== undefined) return "no stacks of the kernel: perf is not installed";
  const file = `${cell.experiment}-${cell.runtime}.perf.data`;
  const path = join(how.folder, file);
  const launch = await how.launch(entry, cell);
  const named =
    entry.kind === "inline" ? { ...launch, args: [...FOR_PERF, ...launch.args] } : launch;
  const args = ["record", "-F", FREQUENCY, "-g"];
  const { finished } = await runGated(perf, args, named, how.timeout, how.signal, path);
  if (finished.trouble !== undefined) return `no stacks of the kernel: perf: ${finished.trouble}`;
  const script = await run(perf, ["script", "-i", path], how.timeout, how.signal);
  if (script.trouble !== undefined) return `no stacks of the kernel: perf: ${script.trouble}`;
  forget(script.stdout);
  const stacks = foldPerf(script.stdout);
  if (stacks.length === 0) return `perf has recorded nothing of ${cell.runtime}`;
  return { ...about(cell), source: "perf", stacks, file };
}

/**
 * Removes the maps of V8 from /tmp, where perf looks for them. They are named after the threads'
 * numbers.
 */
function forget(script: string): void {
  const threads = new Set([...script.matchAll(/^\S.*?\s(\d+)\s/gm)].map(([, thread]) => thread));
  for (const thread of threads) rmSync(`/tmp/perf-${thread}.map`, { force: true });
}

function about({ runtime, experiment, fibers }: Cell): Omit<Profile, "source" | "stacks"> {
  return { runtime, experiment, fibers };
}
