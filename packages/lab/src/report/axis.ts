/** The ends and the ticks of an axis: the same on the page and in a terminal. */
import type { LinePicture, ScatterPicture } from "./picture.js";

/** Powers of ten; on a short axis also twice and five times of each. */
export function ticks(min: number, max: number): number[] {
  const [from, to] = [Math.floor(Math.log10(min)), Math.ceil(Math.log10(max))];
  const steps = Math.log10(max / min) < 2.2 ? [1, 2, 5] : [1];
  const all = Array.from({ length: to - from + 1 }, (_, i) =>
    steps.map((step) => step * 10 ** (from + i)),
  );
  return all.flat().filter((value) => value >= min * 0.999 && value <= max * 1.001);
}

/** From all series, also those that are switched off, so that the axis does not change with a switch. */
export function ends(
  picture: LinePicture | ScatterPicture,
  which: "x" | "y",
): readonly [number, number] {
  if (which === "y" && "range" in picture && picture.range !== undefined) return picture.range;
  const values = picture.series.flatMap(({ points, stop }) => [
    ...points.flatMap((point) =>
      which === "x" ? [point.x] : [point.y, point.low ?? point.y, point.high ?? point.y],
    ),
    ...(stop === undefined ? [] : [stop[which]]),
  ]);
  if (values.length === 0) return [1, 10];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  if (picture[which].scale === "linear") return [Math.min(0, low), nice(high)];
  if (which === "x") return low === high ? [low / 2, high * 2] : [low, high];
  const all = [1, 2, 5].flatMap((step) => exponents(low, high).map((power) => step * 10 ** power));
  const below = Math.max(...all.filter((value) => value <= low));
  const above = Math.min(...all.filter((value) => value >= high));
  return below === above ? [below / 2, above * 2] : [below, above];
}

function exponents(low: number, high: number): number[] {
  const from = Math.floor(Math.log10(low)) - 1;
  return Array.from({ length: Math.ceil(Math.log10(high)) - from + 2 }, (_, i) => from + i);
}

/** The next number of 1, 2, 5, 10, 20, … that is not below the value. */
function nice(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5, 10].find((step) => step * power >= value) ?? 10) * power;
}
