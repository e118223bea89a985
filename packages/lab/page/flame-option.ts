/**
 * The flame graph: callers are above, and width is time. A chosen frame takes the whole width. The frames
 * above it stay, so that the reader can go back.
 */
import type { FlamePicture, Frame } from "#lab/report/picture.js";
import type { Drawing, Option } from "./chart-library.js";
import { escape } from "./escape.js";
import { FONT, type Theme, tooltipStyle } from "./theme.js";

export const FRAME_HEIGHT = 22;

/** A frame with its place: start and end in samples, depth from the top. */
export interface Placed {
  readonly frame: Frame;
  readonly start: number;
  readonly depth: number;
  readonly above?: Placed;
}

/** Every frame, callers before callees. */
export function place(root: Frame): Placed[] {
  const all: Placed[] = [{ frame: root, start: 0, depth: 0 }];
  for (const placed of all) {
    let { start } = placed;
    for (const frame of placed.frame.inner) {
      all.push({ frame, start, depth: placed.depth + 1, above: placed });
      start += frame.total;
    }
  }
  return all;
}

export interface FlameSetting {
  readonly theme: Theme;
  /** The frame that takes the whole width. */
  readonly chosen: Placed;
  /** The frame that has the keyboard focus. */
  readonly current: Placed | undefined;
  /** Frames whose name contains this are marked. */
  readonly search: string;
}

export function flameOption(
  { root, of }: FlamePicture,
  placed: readonly Placed[],
  { theme, chosen, current, search }: FlameSetting,
): Option {
  const callers = new Set<Placed>();
  for (let at = chosen.above; at !== undefined; at = at.above) callers.add(at);
  const [from, to] = [chosen.start, chosen.start + chosen.frame.total];
  const seen = placed.filter(
    (one) => callers.has(one) || (one.start >= from && one.start < to && one.depth >= chosen.depth),
  );
  const deepest = Math.max(...placed.map(({ depth }) => depth));
  return {
    animation: false,
    textStyle: { fontFamily: FONT },
    grid: { left: 0, right: 0, top: 0, bottom: 0 },
    tooltip: {
      ...tooltipStyle(theme),
      extraCssText: "white-space: normal; max-width: min(34rem, 90vw); overflow-wrap: anywhere;",
      formatter: ({ dataIndex }: { dataIndex: number }) => {
        const one = seen[dataIndex];
        return one === undefined ? "" : escape(describeFrame(one.frame, root, of));
      },
    },
    xAxis: { type: "value", show: false, min: from, max: to },
    yAxis: { type: "value", show: false, min: 0, max: deepest + 1, inverse: true },
    series: [
      {
        type: "custom",
        data: seen.map((one) => ({
          value: [Math.max(from, one.start), Math.min(to, one.start + one.frame.total), one.depth],
        })),
        renderItem: ({ dataIndex }: { dataIndex: number }, api: Drawing) => {
          const one = seen[dataIndex] as Placed;
          const [x, y] = api.coord([api.value(0), api.value(2)]);
          const [right] = api.coord([api.value(1), api.value(2)]);
          const width = Math.max(0.5, right - x - 0.5);
          const { fill, text } = colours(one.frame.name, theme);
          const found = search !== "" && matches(one.frame.name, search);
          return {
            type: "rect",
            shape: { x, y, width, height: FRAME_HEIGHT - 1 },
            style: {
              fill: found ? (theme.dark ? "#ffe14d" : "#ffd400") : fill,
              opacity: callers.has(one) ? 0.6 : 1,
              stroke: one === current ? theme.text : "none",
              lineWidth: one === current ? 3 : 0,
            },
            textConfig: { position: "insideLeft", distance: 4 },
            textContent: {
              type: "text",
              style: {
                text: width < 24 ? "" : one.frame.name,
                width: width - 8,
                overflow: "truncate",
                ellipsis: "…",
                fill: found ? "#1b1f24" : text,
                font: `12px ${FONT}`,
              },
            },
          };
        },
      },
    ],
  };
}

const matches = (name: string, search: string): boolean =>
  name.toLowerCase().includes(search.toLowerCase());

/** The share of the samples under frames whose name contains the words. Each sample counts once. */
export function matched(root: Frame, search: string): number {
  const under = (frame: Frame): number =>
    matches(frame.name, search)
      ? frame.total
      : frame.inner.reduce((sum, inner) => sum + under(inner), 0);
  return root.total === 0 ? 0 : under(root) / root.total;
}

export function describeFrame({ name, total, inner }: Frame, root: Frame, of: string): string {
  const own = total - inner.reduce((sum, frame) => sum + frame.total, 0);
  const part = (value: number): string => `${((value / root.total) * 100).toFixed(1)} %`;
  return `${name}: ${part(total)} of ${of}, ${part(own)} in itself`;
}

/** The kinds of code, recognised by the name of a frame. The first that fits applies. */
const KINDS: readonly Kind[] = [
  { name: "kernel", light: "#f2b48a", dark: "#8a4a1c", test: /_\[k\]$/ },
  {
    name: "garbage collector",
    light: "#f0a3b4",
    dark: "#8b3046",
    test: /garbage.?collect|\bgc_|rb_gc|scavenge|mark.?compact|marking|sweeper/i,
  },
  { name: "JavaScript", light: "#a9cdf5", dark: "#235a97", test: /\.[cm]?[jt]s\b|^\(anonymous\)/ },
  { name: "native", light: "#d3d8de", dark: "#49515c", test: /(?:)/ },
];

interface Kind {
  readonly name: string;
  readonly light: string;
  readonly dark: string;
  readonly test: RegExp;
}

export const kindOf = (name: string): Kind => KINDS.find(({ test }) => test.test(name)) as Kind;

function colours(name: string, theme: Theme): { readonly fill: string; readonly text: string } {
  const kind = kindOf(name);
  return { fill: theme.dark ? kind.dark : kind.light, text: theme.dark ? "#ffffff" : "#1b1f24" };
}
