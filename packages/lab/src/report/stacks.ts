/**
 * Folded stacks, `outer;inner 12`, from a file that someone has recorded: V8's `.cpuprofile`, the text
 * of `perf script`, or stacks that have been folded already.
 */
import type { Profile } from "../cell.js";
import { foldPerf, foldV8 } from "../perf/fold.js";

/** Recognises which of the three it is. Throws, in words for the user, when it is none. */
export function readStacks(text: string): Pick<Profile, "source" | "stacks"> {
  const found = ofV8(text) ?? ofPerf(text);
  if (found.stacks.length === 0) {
    throw new Error("it is no .cpuprofile, no folded stacks and no output of perf script");
  }
  return found;
}

type Found = Pick<Profile, "source" | "stacks">;

function ofV8(text: string): Found | undefined {
  if (!text.trimStart().startsWith("{")) return undefined;
  const { nodes } = JSON.parse(text) as { nodes?: unknown };
  return { source: "v8", stacks: Array.isArray(nodes) ? foldV8(text) : [] };
}

const FOLDED = /^(.+) (\d+)$/;

function ofPerf(text: string): Found {
  const lines = text.split("\n").map((line) => line.trim());
  const stacks = lines.flatMap((line): [string, number][] => {
    const found = FOLDED.exec(line);
    return found === null ? [] : [[found[1] as string, Number(found[2])]];
  });
  // Of perf's own text some line may end in a number too, but not each.
  const folded = stacks.length > 0 && stacks.length === lines.filter((line) => line !== "").length;
  return { source: "perf", stacks: folded ? stacks : foldPerf(text) };
}
