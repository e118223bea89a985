/** How figures are written: alike in a chart, in its table and tooltip, and in a terminal. */

export type Unit = "count" | "rate" | "bytes" | "seconds" | "share" | "number";

/** A value with its unit, in three significant digits: `16.2 M/s`, `72.0 ns`, `13.0 kB`. */
export function show(value: number, unit: Unit): string {
  switch (unit) {
    case "count":
      return value.toLocaleString("en-US", { maximumFractionDigits: 0 });
    case "rate":
      return `${scaled(value, COUNTS)}/s`;
    case "bytes":
      return Math.abs(value) < 1e5
        ? `${Math.round(value).toLocaleString("en-US")} B`
        : scaled(value, BYTES);
    case "seconds":
      return value === 0 ? "0 s" : scaled(value, SECONDS);
    case "share":
      return `${digits(value * 100)} %`;
    case "number":
      return digits(value);
  }
}

/** A value at an axis, without trailing zeros: `10M`, `1 µs`, `1 kB`. */
export function tick(value: number, unit: Unit): string {
  if (value === 0) return "0";
  switch (unit) {
    case "bytes":
      return trimmed(value, BYTES);
    case "seconds":
      return trimmed(value, SECONDS);
    case "share":
      return `${round(value * 100)} %`;
    default:
      return trimmed(value, COUNTS).replace(" ", "");
  }
}

type Scale = readonly (readonly [size: number, name: string])[];

const COUNTS: Scale = [
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
  [1, ""],
];
const BYTES: Scale = [
  [1e9, "GB"],
  [1e6, "MB"],
  [1e3, "kB"],
  [1, "B"],
];
const SECONDS: Scale = [
  [1, "s"],
  [1e-3, "ms"],
  [1e-6, "µs"],
  [1e-9, "ns"],
];

function step(value: number, scale: Scale): readonly [size: number, name: string] {
  // With some tolerance, because 10 ** -6 is not exactly 1e-6 after a logarithm and back.
  return (scale.find(([size]) => Math.abs(value) >= size * 0.999_999) ?? scale.at(-1)) as Scale[0];
}

function scaled(value: number, scale: Scale): string {
  const [size, name] = step(value, scale);
  return `${digits(value / size)} ${name}`.trimEnd();
}

function trimmed(value: number, scale: Scale): string {
  const [size, name] = step(value, scale);
  return `${round(value / size)} ${name}`.trimEnd();
}

const round = (value: number): string => String(Number(value.toPrecision(3)));

function digits(value: number): string {
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString("en-US");
  if (size >= 100) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  if (size >= 1 || value === 0) return value.toFixed(2);
  return Number(value.toPrecision(2)).toString();
}
