/** What the pictures show, in a few words each. The facts come first on the page and in the terminal. */
import { SUBJECT } from "./look.js";
import type { LinePicture, Picture, Point, Series } from "./picture.js";
import { show } from "./units.js";

export interface Fact {
  /** The id of the picture that the fact is read from. */
  readonly picture: string;
  readonly title: string;
  readonly lines: readonly FactLine[];
}

interface FactLine {
  readonly runtime: string;
  readonly name: string;
  readonly text: string;
}

/** The runtimes beside the subject, in this order, as far as they were measured. */
const BESIDE: readonly string[] = ["ruby", "go", "generator"];
const LINES = 3;

/** The facts. Each is read from the first of its pictures that exists. */
const WANTED: readonly (readonly [title: string, ids: readonly string[]])[] = [
  ["Switching", ["scale-sequential", "resume-sequential", "ring-sequential"]],
  ["In shuffled order", ["scale-shuffled"]],
  ["Memory", ["bytes"]],
  ["Page faults", ["faults"]],
  ["Depth", ["depth"]],
  ["Longest pause", ["pauses"]],
];

export function facts(pictures: readonly Picture[]): Fact[] {
  return WANTED.flatMap(([title, ids]) => {
    const picture = ids
      .map((id) => pictures.find((one) => one.id === id))
      .find((found): found is LinePicture => found?.kind === "lines");
    if (picture === undefined) return [];
    const lines = chosen(picture.series).map(({ name, runtime, ...series }) => ({
      runtime,
      name,
      text: say(picture, series),
    }));
    return lines.length === 0 ? [] : [{ picture: picture.id, title, lines }];
  });
}

function chosen(series: readonly Series[]): Series[] {
  const wanted = [SUBJECT, ...BESIDE];
  return wanted
    .flatMap((runtime) => series.find((one) => one.runtime === runtime) ?? [])
    .filter(({ points }) => points.length > 0)
    .slice(0, LINES);
}

function say(picture: LinePicture, { points, stop }: Pick<Series, "points" | "stop">): string {
  const { x, y, id } = picture;
  const last = points.at(-1) as Point;
  const at = (point: Point): string => `at ${show(point.x, x.unit)}`;
  if (id === "pauses") return `${show(last.high ?? last.y, y.unit)} ${at(last)}`;
  if (id === "bytes" || id === "faults") return `${show(last.y, y.unit)} each`;
  const first = early(points);
  const ended = stop === undefined ? "" : `, ${stop.text}`;
  const start = `${show(first.y, y.unit)} ${at(first)}`;
  return first === last ? start + ended : `${start}, ${show(last.y, y.unit)} ${at(last)}${ended}`;
}

/** The point nearest to 64 fibers: few, but not so few that the loop around them dominates. */
function early(points: readonly Point[]): Point {
  return points.reduce((a, b) => (distance(b) < distance(a) ? b : a));
}

const distance = ({ x }: Point): number => Math.abs(Math.log2(x / 64));
