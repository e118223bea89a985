/** The table behind a picture: the same figures as text. */
import type {
  BarPicture,
  FlamePicture,
  Frame,
  LinePicture,
  Picture,
  Point,
  ScatterPicture,
  Series,
} from "./picture.js";
import { show, type Unit } from "./units.js";

export interface PictureTable {
  readonly head: readonly string[];
  /** The first cell of a row is its heading. */
  readonly rows: readonly (readonly string[])[];
}

export function tableOf(picture: Picture): PictureTable {
  switch (picture.kind) {
    case "lines":
      return side(picture);
    case "scatter":
      return points(picture);
    case "bars":
      return bars(picture);
    case "flame":
      return frames(picture);
  }
}

/** A row per size, a column per series. */
function side({ x, y, series }: LinePicture): PictureTable {
  const sizes = new Set(series.flatMap((one) => one.points.map((point) => point.x)));
  for (const { stop } of series) if (stop !== undefined) sizes.add(stop.x);
  return {
    head: [x.name, ...series.map(({ name }) => name)],
    rows: [...sizes]
      .toSorted((a, b) => a - b)
      .map((size) => [show(size, x.unit), ...series.map((one) => figure(one, size, y.unit))]),
  };
}

function figure({ points: all, stop }: Series, size: number, unit: Unit): string {
  const point = all.find(({ x }) => x === size);
  if (point !== undefined) return withEnds(point, unit);
  return stop !== undefined && size >= stop.x ? "stopped" : "";
}

function withEnds({ y, low = y, high = y }: Point, unit: Unit): string {
  const middle = show(y, unit);
  if (low === high) return middle;
  return `${middle} (${show(low, unit)} – ${show(high, unit)})`;
}

function points({ x, y, series, correlations }: ScatterPicture): PictureTable {
  return {
    head: ["series", "at", x.name, y.name, "r"],
    rows: series.flatMap(({ name, points: all }) => {
      const r = correlations.find((one) => one.name === name)?.linear;
      return all.map((point) => [
        name,
        point.label ?? "",
        show(point.x, x.unit),
        show(point.y, y.unit),
        r === undefined ? "" : r.toFixed(2),
      ]);
    }),
  };
}

function bars({ axis, parts, bars: all }: BarPicture): PictureTable {
  return {
    head: ["runtime", ...parts, ...(parts.length === 1 ? [] : ["together"])],
    rows: all.map(({ name, values }) => [
      name,
      ...[...values, ...(parts.length === 1 ? [] : [values.reduce((a, b) => a + b, 0)])].map(
        (value) => show(value, axis.unit),
      ),
    ]),
  };
}

/** Frames in the table of a flame graph: those that take the most time in themselves. */
const FRAMES_SHOWN = 30;

function frames({ root }: FlamePicture): PictureTable {
  const own = new Map<string, number>();
  const total = new Map<string, number>();
  const visit = (frame: Frame, above: ReadonlySet<string>): void => {
    const inside = frame.inner.reduce((sum, inner) => sum + inner.total, 0);
    own.set(frame.name, (own.get(frame.name) ?? 0) + frame.total - inside);
    // A recursive call counts once.
    if (!above.has(frame.name)) {
      total.set(frame.name, (total.get(frame.name) ?? 0) + frame.total);
    }
    for (const inner of frame.inner) visit(inner, new Set([...above, frame.name]));
  };
  for (const frame of root.inner) visit(frame, new Set());
  const share = (value = 0): string => `${((value / root.total) * 100).toFixed(1)} %`;
  return {
    head: ["frame", "in itself", "with what it calls"],
    rows: [...own]
      .toSorted(([, a], [, b]) => b - a)
      .slice(0, FRAMES_SHOWN)
      .map(([name, value]) => [name, share(value), share(total.get(name))]),
  };
}
