/** The figures of a picture as CSV, for a spreadsheet or a notebook. */
import type { BarPicture, Frame, LinePicture, Picture, ScatterPicture } from "./picture.js";

export function toCsv(picture: Picture): string {
  const rows = picture.kind === "flame" ? stacks(picture.root) : figures(picture);
  return rows.map((row) => row.map(cell).join(",")).join("\n") + "\n";
}

type Row = readonly (string | number)[];

function figures(picture: LinePicture | ScatterPicture | BarPicture): Row[] {
  if (picture.kind === "bars") {
    const { axis, parts, bars } = picture;
    return [
      ["series", "runtime", ...parts.map((part) => `${part} (${unitOf(axis.unit)})`)],
      ...bars.map(({ name, runtime, values }): Row => [name, runtime, ...values]),
    ];
  }
  const { x, y, series } = picture;
  return [
    ["series", "runtime", x.name, `${y.name} (${unitOf(y.unit)})`, "low", "high", "note"],
    ...series.flatMap(({ name, runtime, quoted, points, stop }): Row[] => [
      ...points.map((point): Row => [
        name,
        runtime,
        point.x,
        point.y,
        point.low ?? "",
        point.high ?? "",
        point.label ?? quoted ?? "",
      ]),
      ...(stop === undefined
        ? []
        : [[name, runtime, stop.x, "", "", "", `${stop.text}: ${stop.error}`]]),
    ]),
  ];
}

/** Folded stacks with their own samples. Other flame graph tools read `stack samples` too. */
function stacks(root: Frame): Row[] {
  const rows: [string, number][] = [];
  const visit = ({ name, total, inner }: Frame, above: string): void => {
    const stack = above === "" ? name : `${above};${name}`;
    const own = total - inner.reduce((sum, frame) => sum + frame.total, 0);
    if (own > 0) rows.push([stack, own]);
    for (const frame of inner) visit(frame, stack);
  };
  for (const frame of root.inner) visit(frame, "");
  return [["stack", "samples"], ...rows];
}

const UNITS: Readonly<Record<string, string>> = {
  rate: "a second",
  seconds: "seconds",
  bytes: "bytes",
  share: "1 is all",
};
const unitOf = (unit: string): string => UNITS[unit] ?? "number";

function cell(value: string | number): string {
  const text = String(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
