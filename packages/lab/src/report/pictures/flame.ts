/** Where a program spent its time: folded stacks as a tree. */
import type { Profile } from "../../cell.js";
import type { FlamePicture, Frame } from "../picture.js";
import { nameOf } from "./series.js";

/** A frame below this share of the whole cannot be seen and would only make the page large. */
const VISIBLE = 1 / 2000;

export function flame(profiles: readonly Profile[]): FlamePicture[] {
  return profiles
    .filter(({ stacks }) => stacks.length > 0)
    .map((profile, index): FlamePicture => {
      const root = flameTree(profile.stacks);
      const { experiment, fibers, source } = profile;
      const size = fibers === 0 ? "" : ` with ${fibers.toLocaleString("en-US")} fibers`;
      const by =
        source === "v8"
          ? "V8's profiler: it sees JavaScript and names the collector; what the kernel did is in the frame that caused it."
          : "perf: it sees the program and the kernel.";
      return {
        kind: "flame",
        id: index === 0 ? "flame" : `flame-${index + 1}`,
        chapter: "flame",
        title: `${nameOf(profile)}: ${experiment}${size}, seen by ${source === "v8" ? "V8" : "perf"}`,
        about: `Width is time, callers stand above what they call. Choose a frame to enlarge it. Recorded by ${by}`,
        notes: [],
        of: "the samples",
        root,
      };
    });
}

interface Growing {
  total: number;
  readonly inner: Map<string, Growing>;
}

export function flameTree(stacks: Profile["stacks"]): Frame {
  const root: Growing = { total: 0, inner: new Map() };
  for (const [stack, samples] of stacks) {
    root.total += samples;
    let at = root;
    for (const name of stack.split(";")) {
      const next = at.inner.get(name) ?? { total: 0, inner: new Map<string, Growing>() };
      at.inner.set(name, next);
      next.total += samples;
      at = next;
    }
  }
  return frame("all", root, root.total * VISIBLE);
}

function frame(name: string, { total, inner }: Growing, least: number): Frame {
  const visible = [...inner].filter(([, one]) => one.total >= least);
  return {
    name,
    total,
    inner: visible
      .toSorted(([, a], [, b]) => b.total - a.total)
      .map(([callee, one]) => frame(callee, one, least)),
  };
}
