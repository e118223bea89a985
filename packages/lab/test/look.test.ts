/** Colours that everyone can read and tell apart. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Look, LOOK_NAMES, lookOf } from "#lab/report/look.js";
import { runtimes } from "#lab/runtimes/registry.js";

type Rgb = readonly [number, number, number];

/** Linear light, from 0 to 1. */
function linear(colour: string): Rgb {
  return [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as unknown as Rgb;
}
const luminance = ([r, g, b]: Rgb): number => 0.2126 * r + 0.7152 * g + 0.0722 * b;

/** WCAG 2.2: 4.5 for text. */
function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(linear(a)), luminance(linear(b))].toSorted((x, y) => y - x);
  return ((light as number) + 0.05) / ((dark as number) + 0.05);
}

const strangers = ["zig", "kotlin", "x", "some-runtime"];
const all = [...LOOK_NAMES, ...strangers];

for (const [scheme, backgrounds] of [
  ["light", ["#ffffff", "#f5f7f9"]],
  ["dark", ["#12151a", "#1b2027"]],
] as const) {
  test(`every runtime's colour can be read as text on the ${scheme} page`, () => {
    for (const name of all) {
      for (const background of backgrounds) {
        const found = contrast(lookOf(name)[scheme], background);
        assert.ok(found >= 4.5, `${name} on ${background}: ${found.toFixed(2)}`);
      }
    }
  });
}

test("no two runtimes share colour and symbol, or a letter", () => {
  const looks = LOOK_NAMES.map(lookOf);
  const unique = (of: (look: Look) => string): number => new Set(looks.map(of)).size;
  assert.equal(
    unique(({ light, symbol }) => light + symbol),
    looks.length,
  );
  assert.equal(
    unique(({ letter }) => letter),
    looks.length,
  );
});

/** Machado, Oliveira and Fernandes 2009, at full severity. */
const BLIND: Readonly<Record<string, readonly Rgb[]>> = {
  protan: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deutan: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritan: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

/** Distance in OKLab, where 0.02 is just seen. */
function distance(a: Rgb, b: Rgb): number {
  const [x, y] = [oklab(a), oklab(b)];
  return Math.hypot(x[0] - y[0], x[1] - y[1], x[2] - y[2]);
}
function oklab([r, g, b]: Rgb): Rgb {
  const root = (l: number, m: number, s: number): number =>
    Math.cbrt(Math.max(0, l * r + m * g + s * b));
  const l = root(0.4122214708, 0.5363325363, 0.0514459929);
  const m = root(0.2119034982, 0.6806995451, 0.1073969566);
  const s = root(0.0883024619, 0.2817188376, 0.6299787005);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

test("colours that usually appear together are distinct for the colour-blind", () => {
  const together = ["fibril", "generator", "ruby", "go"];
  for (const [kind, matrix] of Object.entries(BLIND)) {
    const seen = ([r, g, b]: Rgb): Rgb =>
      matrix.map((row) => row[0] * r + row[1] * g + row[2] * b) as unknown as Rgb;
    for (const scheme of ["light", "dark"] as const) {
      for (const [index, a] of together.entries()) {
        for (const b of together.slice(index + 1)) {
          const [one, other] = [a, b].map((name) => seen(linear(lookOf(name)[scheme])));
          const found = distance(one as Rgb, other as Rgb);
          assert.ok(found > 0.06, `${a} and ${b}, ${kind}, ${scheme}: ${found.toFixed(3)}`);
        }
      }
    }
  }
});

test("a stranger looks the same every time", () => {
  for (const name of strangers) assert.deepEqual(lookOf(name), lookOf(name));
});

test("every runtime that the lab measures has a look of its own", () => {
  for (const { name } of runtimes) assert.ok(LOOK_NAMES.includes(name), name);
});
