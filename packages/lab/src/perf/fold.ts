/**
 * Recordings of V8's profiler and of perf as folded stacks: `outer;inner` and the samples that fell
 * there.
 */
import type { Profile } from "../cell.js";

type Stacks = Profile["stacks"];

interface Node {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string };
  readonly children?: readonly number[];
}

/** Folds a `.cpuprofile` of V8: a tree of nodes, and a node for each sample. Idle samples are left out. */
export function foldV8(json: string): Stacks {
  const { nodes, samples } = JSON.parse(json) as { nodes: Node[]; samples?: number[] };
  const parents = new Map<number, number>();
  const byId = new Map<number, Node>();
  for (const node of nodes) {
    byId.set(node.id, node);
    for (const child of node.children ?? []) parents.set(child, node.id);
  }
  const stackOf = (id: number): string => {
    const names: string[] = [];
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
      names.push(nameOf(byId.get(at) as Node));
    }
    return names.toReversed().slice(1).join(";");
  };
  return count((samples ?? []).map(stackOf).filter((stack) => stack !== "" && stack !== "(idle)"));
}

function nameOf({ callFrame: { functionName, url } }: Node): string {
  const file = url.split("/").at(-1) ?? "";
  return clean((functionName || "(anonymous)") + (file === "" ? "" : ` ${file}`));
}

/**
 * Folds the output of `perf script`: a block per sample, innermost frame first. Kernel frames end in
 * `_[k]`.
 */
export function foldPerf(text: string): Stacks {
  const stacks = text.split("\n\n").flatMap((block) => {
    const frames = block.split("\n").slice(1).flatMap(frameOf);
    return frames.length === 0 ? [] : [frames.toReversed().join(";")];
  });
  return count(stacks);
}

/** `ffffffff816057e0 handle_mm_fault+0xd0 ([kernel.kallsyms])` */
function frameOf(line: string): string[] {
  const found = /^\s*[0-9a-f]+ (.+) \((.*)\)$/.exec(line);
  if (found === null) return [];
  const [, symbol, module] = found as unknown as [string, string, string];
  const name = symbol.replace(/\+0x[0-9a-f]+$/, "");
  if (name === "[unknown]") return [];
  return [clean(name) + (module.startsWith("[kernel") ? "_[k]" : "")];
}

const clean = (name: string): string => name.replaceAll(";", ":").trim();

function count(stacks: readonly string[]): Stacks {
  const counts = new Map<string, number>();
  for (const stack of stacks) counts.set(stack, (counts.get(stack) ?? 0) + 1);
  return [...counts].toSorted(([a], [b]) => a.localeCompare(b));
}
