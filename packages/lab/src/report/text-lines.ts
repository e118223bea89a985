/** Lines and scatters as text: lines of braille, a letter per point, a cross at a limit. */
import { ends, ticks } from "./axis.js";
import { Canvas, type Place } from "./canvas.js";
import { lookOf } from "./look.js";
import type { Axis, LinePicture, ScatterPicture, Series } from "./picture.js";
import { coloured, type Terminal, wrapped } from "./terminal.js";
import { tick } from "./units.js";

const ROWS = 16;

export function lineText(picture: LinePicture | ScatterPicture, terminal: Terminal): string[] {
  const { x, y, series } = picture;
  const across = scaleOf(x, ends(picture, "x"));
  const up = scaleOf(y, ends(picture, "y"));
  const labels = marks(y, ends(picture, "y"));
  const margin = Math.max(...labels.map(([, text]) => text.length));
  const canvas = new Canvas(terminal.width - margin - 4, ROWS);
  const letters = lettersOf(series);
  const at = (point: { readonly x: number; readonly y: number }): Place => [
    across(point.x),
    up(point.y),
  ];
  // The subject is first in every list, and is drawn last, on top.
  for (const one of series.toReversed()) {
    draw(canvas, one, letters.get(one.name) ?? "?", at, picture.kind === "scatter", terminal);
  }
  const runtimes = new Map(series.map(({ name, runtime }) => [name, runtime]));
  const rows = canvas.text(terminal.unicode, (text, owner) =>
    coloured(text, runtimes.get(owner) ?? owner, terminal),
  );
  const frame = FRAMES[terminal.unicode ? "unicode" : "ascii"];
  const named = new Map(
    labels.map(([value, text]) => [Math.round((1 - up(value)) * (ROWS - 1)), text]),
  );
  return [
    ...rows.map((row, index) => {
      const text = named.get(index);
      const edge = text === undefined ? frame.side : frame.mark;
      return ` ${(text ?? "").padStart(margin)} ${edge}${row}`;
    }),
    ...foot(picture, canvas.columns, margin, across, frame),
    ...wrapped(legend(series, letters, terminal), terminal.width, "  "),
  ];
}

const FRAMES = {
  unicode: { side: "│", mark: "┤", corner: "└", bottom: "─", foot: "┬" },
  ascii: { side: "|", mark: "+", corner: "+", bottom: "-", foot: "+" },
} as const;
type Frame = (typeof FRAMES)[keyof typeof FRAMES];

function scaleOf(
  { scale }: Axis,
  [low, high]: readonly [number, number],
): (value: number) => number {
  const of = scale === "log" ? Math.log : (value: number): number => value;
  return (value) => (of(value) - of(low)) / (of(high) - of(low) || 1);
}

function marks(axis: Axis, [low, high]: readonly [number, number]): (readonly [number, string])[] {
  const values = axis.scale === "log" ? ticks(low, high) : [low, (low + high) / 2, high];
  return values.map((value) => [value, tick(value, axis.unit)]);
}

function draw(
  canvas: Canvas,
  { name, points, stop, quoted }: Series,
  letter: string,
  at: (point: { readonly x: number; readonly y: number }) => Place,
  scatter: boolean,
  { unicode }: Terminal,
): void {
  const last = points.at(-1);
  const reaches = stop !== undefined && last !== undefined && stop.x <= last.x * 2;
  const path = reaches ? [...points, stop] : points;
  if (!scatter) {
    for (const [index, point] of path.slice(1).entries()) {
      const before = path[index] as typeof point;
      canvas.line(at(before), at(point), name, quoted === undefined ? 1 : 3);
    }
  }
  for (const point of points) canvas.letter(at(point), letter, name);
  if (stop !== undefined) canvas.letter(at(stop), unicode ? "✕" : "X", name);
}

function foot(
  picture: LinePicture | ScatterPicture,
  columns: number,
  margin: number,
  across: (value: number) => number,
  frame: Frame,
): string[] {
  const { x } = picture;
  const line = Array.from({ length: columns }, (): string => frame.bottom);
  const under = Array.from({ length: columns + 6 }, () => " ");
  let free = 0;
  for (const [value, text] of marks(x, ends(picture, "x"))) {
    const column = Math.round(across(value) * (columns - 1));
    line[column] = frame.foot;
    const start = Math.max(0, Math.min(column - (text.length >> 1), under.length - text.length));
    if (start < free) continue;
    for (const [index, character] of Array.from(text).entries()) under[start + index] = character;
    free = start + text.length + 2;
  }
  const indent = " ".repeat(margin + 3);
  const name = x.name.padStart((columns + x.name.length) >> 1);
  return [
    ` ${" ".repeat(margin)} ${frame.corner}${line.join("")}`,
    (indent + under.join("")).trimEnd(),
    (indent + name).trimEnd(),
  ];
}

function legend(
  series: readonly Series[],
  letters: ReadonlyMap<string, string>,
  terminal: Terminal,
): string[] {
  const cross = terminal.unicode ? "✕" : "X";
  return series.map(({ name, runtime, stop }) => {
    const limit = stop === undefined ? "" : ` ${cross} ${stop.text}`;
    return `${coloured(`${letters.get(name)} ${name}${limit}`, runtime, terminal)}  `;
  });
}

/** The letter of each runtime. A second series with the same letter gets the next free character. */
function lettersOf(series: readonly Series[]): Map<string, string> {
  const free = "0123456789BDHIJKNOQSTUVWYZ".split("");
  const letters = new Map<string, string>();
  const taken = new Set<string>();
  for (const { name, runtime } of series) {
    const own = lookOf(runtime).letter;
    const letter = taken.has(own) ? (free.find((one) => !taken.has(one)) ?? "?") : own;
    taken.add(letter);
    letters.set(name, letter);
  }
  return letters;
}
