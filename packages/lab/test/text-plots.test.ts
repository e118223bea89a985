/** Plots in the terminal: what is drawn, how wide, and with or without colours and Unicode. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Cell, Outcome, Result } from "#lab/cell.js";
import { Canvas } from "#lab/report/canvas.js";
import { toPlots } from "#lab/report/plots.js";
import { type Terminal, terminalOf, widthOf } from "#lab/report/terminal.js";
import { show, tick } from "#lab/report/units.js";

const PLAIN: Terminal = { width: 72, colours: false, unicode: false };
const RICH: Terminal = { width: 72, colours: true, unicode: true };

function result(runtime: string, fibers: number, rate: number | Outcome): Result {
  const cell: Cell = { experiment: "scale", runtime, order: "sequential", fibers, count: 1000 };
  const sample =
    typeof rate === "number" ? { count: 1000, seconds: 1000 / rate, best: rate, rssKiB: 1 } : rate;
  return { cell, outcomes: [sample] };
}

const RESULTS = [
  result("fibril", 1, 20e6),
  result("fibril", 1024, 20e6),
  result("fibril", 2 ** 20, 20e6),
  result("ruby", 1, 5e6),
  result("ruby", 1024, 4e6),
  result("ruby", 30_000, 1.2e6),
  result("ruby", 2 ** 20, { stoppedAt: 31_744, error: "no more" }),
];

/** The drawing of the first picture, without its facts. */
const drawing = (terminal: Terminal): string[] =>
  toPlots(RESULTS, [], terminal).split("\n\n").slice(1).join("\n\n").split("\n");

test("a flat series is on one row, one that falls is not, and stops where it stopped", () => {
  const rows = drawing(PLAIN).filter((row) => /[|+]/.test(row));
  const withLetter = (letter: string): string[] =>
    rows.filter((row) => new RegExp(`[|+].*${letter}`).test(row) && !/fibers|Fibril/.test(row));
  const flat = withLetter("F");
  assert.equal(flat.length, 1, rows.join("\n"));
  assert.match(flat[0] as string, /[|+]F\.+F\.+F$/);
  assert.ok(withLetter("R").length > 1);
  const cross = rows.find((row) => row.endsWith("X"));
  assert.ok(cross, rows.join("\n"));
  assert.ok(cross.indexOf("X") < (flat[0] as string).length - 10, "well before the right end");
});

test("axes have decades, the legend names everything and shows the limit", () => {
  const text = drawing(PLAIN).join("\n");
  assert.match(text, /^ +100M \+/m);
  assert.match(text, /^ +1M \+/m);
  assert.match(text, /^ +1 +10 +100 +1k +10k +100k +1M$/m);
  assert.match(text, /^ +fibers$/m);
  assert.match(text, /F Fibril +R Ruby fibers X stopped at 31,744/);
  assert.match(text, /no more/);
});

test("nothing is wider than the terminal, whatever its width", () => {
  for (const unicode of [true, false]) {
    for (const width of [40, 57, 80, 120]) {
      const lines = toPlots(RESULTS, [], { width, colours: true, unicode }).split("\n");
      for (const line of lines) assert.ok(widthOf(line) <= width + 3, `${width}: ${line}`);
    }
  }
});

test("ASCII is ASCII; Unicode has lines of braille", () => {
  // eslint-disable-next-line no-control-regex
  assert.match(drawing(PLAIN).join("\n"), /^[\n -~]*$/);
  assert.match(drawing({ ...PLAIN, unicode: true }).join("\n"), /[\u2801-\u28ff]{5}/);
});

test("colours are a runtime's own, and none where none are wanted", () => {
  const coloured = toPlots(RESULTS, [], RICH);
  assert.ok(coloured.includes("\u001b[38;5;33m"));
  assert.ok(coloured.includes("\u001b[38;5;203m"));
  assert.ok(!toPlots(RESULTS, [], PLAIN).includes("\u001b"));
  // eslint-disable-next-line no-control-regex
  const stripped = coloured.replaceAll(/\u001b\[[\d;]*m/g, "");
  assert.equal(stripped, toPlots(RESULTS, [], { ...RICH, colours: false }));
});

for (const [what, stream, env, expected] of [
  ["a terminal", tty(100), { LANG: "en_US.UTF-8" }, { width: 100, colours: true, unicode: true }],
  [
    "NO_COLOR",
    tty(100),
    { LANG: "C.UTF-8", NO_COLOR: "1" },
    { width: 100, colours: false, unicode: true },
  ],
  [
    "an empty NO_COLOR",
    tty(90),
    { LANG: "C.UTF-8", NO_COLOR: "" },
    { width: 90, colours: true, unicode: true },
  ],
  [
    "NO_COLOR against FORCE_COLOR",
    tty(90),
    { NO_COLOR: "1", FORCE_COLOR: "1" },
    { width: 90, colours: false, unicode: false },
  ],
  ["a pipe", {}, { LANG: "en_US.UTF-8" }, { width: 80, colours: false, unicode: true }],
  [
    "a pipe with FORCE_COLOR",
    {},
    { FORCE_COLOR: "1" },
    { width: 80, colours: true, unicode: false },
  ],
  ["a pipe with COLUMNS", {}, { COLUMNS: "60" }, { width: 60, colours: false, unicode: false }],
  ["a very narrow terminal", tty(10), {}, { width: 40, colours: true, unicode: false }],
  ["a very wide terminal", tty(400), {}, { width: 120, colours: true, unicode: false }],
  [
    "the C locale",
    tty(80),
    { LANG: "en_US.UTF-8", LC_ALL: "C" },
    { width: 80, colours: true, unicode: false },
  ],
  [
    "the console of Linux",
    tty(80),
    { LANG: "en_US.UTF-8", TERM: "linux" },
    { width: 80, colours: true, unicode: false },
  ],
] as const) {
  test(`${what} is known for what it can show`, () => {
    assert.deepEqual(terminalOf(stream, env), expected);
  });
}

function tty(columns: number): Parameters<typeof terminalOf>[0] {
  return { isTTY: true, columns, hasColors: () => true };
}

test("a canvas has the corners where they belong, and the later of two lines in a cell", () => {
  const canvas = new Canvas(4, 2);
  canvas.letter([0, 0], "a", "x");
  canvas.letter([1, 1], "b", "x");
  assert.deepEqual(
    canvas.text(false, (text) => text),
    ["   b", "a"],
  );
  canvas.line([0, 0], [1, 0], "below");
  canvas.line([0, 1], [0, 0], "left");
  const owners: string[] = [];
  canvas.text(true, (text, owner) => (owners.push(owner), text));
  assert.deepEqual(owners, ["left", "x", "left", "below", "below", "below"]);
});

test("bars and flames have a text too", () => {
  const created = result("fibril", 30_000, {
    count: 30_000,
    seconds: 0.03,
    best: 1,
    rssKiB: 1,
    createSeconds: 0.01,
    enterSeconds: 0.02,
  });
  const profile = {
    runtime: "fibril",
    experiment: "create",
    fibers: 10,
    source: "v8",
    stacks: [
      ["outer;inner", 75],
      ["outer", 25],
      ["rare", 0.1],
    ],
  } as const;
  const create = {
    ...created,
    cell: { ...created.cell, experiment: "create", count: 0 },
  } as Result;
  const text = toPlots([create], [profile], PLAIN);
  assert.match(text, /Fibril #{10,}-{20,} 1\.00 µs/);
  assert.match(text, /# create {3}- first entry/);
  assert.match(text, /^ {2}99\.9 % #{12} outer$/m);
  assert.match(text, /^ {2}74\.9 % #{9} {4} {2}inner$/m);
  assert.doesNotMatch(text, /rare/);
});

test("no results, no plots", () => {
  assert.equal(toPlots([], [], PLAIN), "");
});

test("figures are written with three digits and their unit", () => {
  const written = [
    show(16_234_567, "rate"),
    show(950_000, "rate"),
    show(72.4e-9, "seconds"),
    show(0, "seconds"),
    show(13_209, "bytes"),
    show(3.2e9, "bytes"),
    show(0.0666, "number"),
    show(0.123, "share"),
    show(1_048_576, "count"),
  ];
  assert.deepEqual(written, [
    "16.2 M/s",
    "950 k/s",
    "72.4 ns",
    "0 s",
    "13,209 B",
    "3.20 GB",
    "0.067",
    "12.3 %",
    "1,048,576",
  ]);
  const marks = [
    tick(1e6, "rate"),
    tick(10 ** -6, "seconds"),
    tick(2e3, "bytes"),
    tick(0, "count"),
  ];
  assert.deepEqual(marks, ["1M", "1 µs", "2 kB", "0"]);
});
