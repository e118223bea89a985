/**
 * Folded stacks, `outer;inner 12`, from what profilers write: V8's `.cpuprofile`, the text of
 * `perf script`, or stacks that have been folded already.
 */
import type { Profile } from "../cell.js";

export type Stacks = Profile["stacks"];

/** Recognises which of the three it is. Throws, in words for the user, when it is none. */
export function readStacks(text: string): { readonly source: Profile["source"]; stacks: Stacks } {
  const start = text.trimStart();
  if (start.startsWith("{")) return { source: "v8", stacks: foldCpuProfile(JSON.parse(text)) };
  const stacks = isFolded(start) ? folded(text) : foldPerfScript(text);
  if (stacks.length === 0) {
    throw new Error("it is no .cpuprofile, no folded stacks and no output of perf script");
  }
  return { source: "perf", stacks };
}

interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: {
      readonly functionName: string;
      readonly url: string;
      readonly lineNumber: number;
    };
    readonly children?: readonly number[];
  }[];
  readonly samples?: readonly number[];
  readonly timeDeltas?: readonly number[];
}

/** Weighed in microseconds, as V8 gives them; idle time is left out. */
export function foldCpuProfile({ nodes, samples, timeDeltas }: CpuProfile): Stacks {
  if (!Array.isArray(nodes) || samples === undefined || timeDeltas === undefined) {
    throw new Error("it is no .cpuprofile: nodes, samples or timeDeltas are missing");
  }
  const names = new Map(nodes.map(({ id, callFrame }) => [id, frameName(callFrame)]));
  const callers = new Map<number, number>();
  for (const { id, children = [] } of nodes) for (const child of children) callers.set(child, id);
  const weights = new Map<number, number>();
  for (const [index, id] of samples.entries()) {
    // A delta is the time that passed before its sample: it belongs to the sample before it.
    const took = Math.max(0, timeDeltas[index + 1] ?? 0);
    weights.set(id, (weights.get(id) ?? 0) + took);
  }
  const totals = new Map<string, number>();
  for (const [id, weight] of weights) {
    const path: string[] = [];
    for (let at: number | undefined = id; at !== undefined; at = callers.get(at)) {
      path.unshift(names.get(at) ?? "?");
    }
    const [, ...named] = path; // without V8's (root)
    if (weight === 0 || named.length === 0 || named[0] === "(idle)") continue;
    const stack = named.join(";");
    totals.set(stack, (totals.get(stack) ?? 0) + weight);
  }
  return [...totals];
}

function frameName(frame: CpuProfile["nodes"][number]["callFrame"]): string {
  const name = (frame.functionName || "(anonymous)").replaceAll(";", ":");
  const file = frame.url.split("/").at(-1);
  return file === undefined || file === "" ? name : `${name} ${file}:${frame.lineNumber + 1}`;
}

const FOLDED = /^(.+) (\d+)$/;

function isFolded(text: string): boolean {
  const [first = ""] = text.split("\n", 1);
  return FOLDED.test(first) && !/^\S.*\s\d+\s.*:\s*$/.test(first);
}

function folded(text: string): Stacks {
  return text.split("\n").flatMap((line): [string, number][] => {
    const found = FOLDED.exec(line.trim());
    return found === null ? [] : [[found[1] as string, Number(found[2])]];
  });
}

/**
 * A sample is a line with the program's name, then its frames, innermost first, then an empty line:
 *
 *     ruby 123 4567.89:     1001001 cycles:
 *             ffffffff81234567 do_user_addr_fault+0x1 ([kernel.kallsyms])
 *             00007f0000001234 fiber_switch+0x2 (/usr/lib/libruby.so)
 */
function foldPerfScript(text: string): Stacks {
  const totals = new Map<string, number>();
  for (const sample of text.split(/\n\s*\n/)) {
    const frames = [...sample.matchAll(/^\s+[0-9a-f]+ (.+?)(?:\+0x[0-9a-f]+)? \(([^)]*)\)\s*$/gm)];
    if (frames.length === 0) continue;
    const names = frames.map(([, symbol, object]) => perfName(symbol as string, object as string));
    const stack = names.toReversed().join(";");
    totals.set(stack, (totals.get(stack) ?? 0) + 1);
  }
  return [...totals];
}

/** The kernel's frames carry the mark that flame graph tools know. */
function perfName(symbol: string, object: string): string {
  const name = symbol === "[unknown]" ? `[${object.split("/").at(-1)}]` : symbol;
  const kernel = /^\[(kernel|guest)|^\[.*\.ko\]|\.ko$/.test(object);
  return name.replaceAll(";", ":") + (kernel ? "_[k]" : "");
}
