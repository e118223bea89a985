/** Bars and flame graphs as text. */
import type { BarPicture, FlamePicture, Frame } from "./picture.js";
import { coloured, type Terminal } from "./terminal.js";
import { show } from "./units.js";

export function barText({ parts, bars, axis }: BarPicture, terminal: Terminal): string[] {
  const marks = terminal.unicode ? ["█", "░", "▒", "▓"] : ["#", "-", "=", "."];
  const most = Math.max(...bars.map(({ values }) => sum(values)));
  const margin = Math.max(...bars.map(({ name }) => name.length));
  const room = Math.max(10, terminal.width - margin - 16);
  const rows = bars.map(({ name, runtime, values }) => {
    let until = 0;
    let drawn = 0;
    let bar = "";
    for (const [index, value] of values.entries()) {
      until += value;
      // From the running sum, so that rounding errors do not add up.
      const length = Math.round((until / most) * room) - drawn;
      drawn += length;
      bar += (marks[index] ?? "?").repeat(length);
    }
    const total = show(sum(values), axis.unit);
    return ` ${name.padStart(margin)} ${coloured(bar, runtime, terminal)} ${total}`;
  });
  const key = parts.map((part, index) => `${marks[index]} ${part}`).join("   ");
  return [...rows, parts.length === 1 ? `  ${axis.name}` : `  ${key}`];
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** Frames below this share are shown on the page only. */
const LEAST = 0.01;
const BAR = 12;

/** An indented tree, the widest frames first, with the share of each. */
export function flameText({ root, of }: FlamePicture, terminal: Terminal): string[] {
  const mark = terminal.unicode ? "█" : "#";
  const lines: string[] = [];
  const visit = (frame: Frame, depth: number): void => {
    const part = frame.total / root.total;
    if (part < LEAST) return;
    const bar = mark.repeat(Math.round(part * BAR)).padEnd(BAR);
    const text = `${(part * 100).toFixed(1).padStart(6)} % ${bar} ${"  ".repeat(depth)}${frame.name}`;
    lines.push(text.slice(0, terminal.width).trimEnd());
    for (const inner of frame.inner) visit(inner, depth + 1);
  };
  for (const frame of root.inner) visit(frame, 0);
  return [...lines, `  of ${of}; less than 1 % is left out`];
}
