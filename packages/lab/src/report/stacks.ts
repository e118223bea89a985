/**
 * Reads stacks from a file that the user has recorded: a `.cpuprofile` of V8, the output of `perf script`, or
 * folded stacks, `outer;inner 12`.
 */
import type { Profile } from "../cell.js";
import { foldPerf, foldV8 } from "../perf/fold.js";

/** Recognises which of the three it is. Throws, with a message for the user, when it is none of them. */
export function readStacks(text: string): Pick<Profile, "source" | "stacks"> {
  const found = ofV8(text) ?? ofPerf(text);
  if (found.stacks.length === 0) {
    throw new Error("it is neither a .cpuprofile, nor folded stacks, nor output of perf script");
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
  // Some lines of perf's own output may end in a number too, but not all of them.
  const folded = stacks.length > 0 && stacks.length === lines.filter((line) => line !== "").length;
  return { source: "perf", stacks: folded ? stacks : foldPerf(text) };
}
