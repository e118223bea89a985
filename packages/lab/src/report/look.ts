/**
 * How a runtime looks everywhere in the report: its colour on light and on dark, its symbol, and its letter in
 * a terminal. Text is set in these colours too, so they keep a contrast of 4.5:1 against the page. Colours
 * that usually appear together are distinct for the colour-blind too. No two runtimes share colour and
 * symbol.
 */

export interface Look {
  readonly light: string;
  readonly dark: string;
  /** A symbol of the chart library. */
  readonly symbol: "circle" | "rect" | "triangle" | "diamond" | "roundRect" | "arrow" | "pin";
  readonly letter: string;
  /** One of the 256 colours of a terminal. */
  readonly terminal: number;
}

/** The subject of the report: drawn bolder, on top, and first in every legend. */
export const SUBJECT = "fibril";

const look = (
  light: string,
  dark: string,
  symbol: Look["symbol"],
  letter: string,
  terminal: number,
): Look => ({ light, dark, symbol, letter, terminal });

const LOOKS: Readonly<Record<string, Look>> = {
  fibril: look("#0058c6", "#6cb2ff", "circle", "F", 33),
  "fibril-compiled": look("#007a5a", "#4fd1a5", "roundRect", "C", 79),
  "fibril-direct": look("#5b3fd0", "#b7a3ff", "arrow", "D", 99),
  "fibril-frames": look("#4f61c9", "#a3b1ff", "rect", "M", 105),
  "fibril-fifo": look("#2a6fb0", "#8cc3f0", "diamond", "f", 68),
  "fibril-als": look("#1f5f9c", "#7fb2e0", "triangle", "L", 67),
  generator: look("#666d77", "#a9b1bc", "triangle", "g", 248),
  ruby: look("#c2182b", "#ff7285", "diamond", "R", 203),
  go: look("#00525a", "#8df5e6", "arrow", "G", 44),
  async: look("#8a6a00", "#e2bd45", "rect", "a", 178),
  "async-als": look("#6f5600", "#c9ad5a", "diamond", "A", 136),
  "async-mutex": look("#8a4b00", "#e8a45c", "diamond", "m", 180),
  "p-limit": look("#5e5f00", "#cfcf4f", "circle", "k", 185),
  "p-queue": look("#7a4030", "#e0a090", "triangle", "Q", 174),
  host: look("#4d545c", "#c3cad3", "rect", "h", 250),
  callbacks: look("#5a6470", "#b6c0cc", "diamond", "c", 246),
  express: look("#6b6b1f", "#d3d37a", "arrow", "x", 186),
  fastify: look("#8b3a62", "#eba0c4", "pin", "Y", 175),
  effect: look("#7d3cb5", "#cd9dff", "triangle", "e", 141),
  effection: look("#a83a8e", "#f59adf", "roundRect", "n", 212),
  lua: look("#33459c", "#8ea2ff", "diamond", "l", 63),
  luajit: look("#1173a8", "#6bc7f5", "pin", "j", 74),
  greenlet: look("#3f7d20", "#8fd46a", "circle", "t", 107),
  asyncio: look("#66740f", "#c5d152", "diamond", "y", 143),
  python: look("#2d6a6a", "#9be0dc", "triangle", "p", 73),
  erlang: look("#9c1d5e", "#ff8dc4", "rect", "E", 169),
  crystal: look("#3c4043", "#dfe3e8", "arrow", "r", 253),
  cpp: look("#ad4e00", "#ffa657", "circle", "+", 208),
  boost: look("#7d5a33", "#d9a873", "triangle", "b", 173),
  loads: look("#3c4043", "#dfe3e8", "pin", ".", 252),
};

const SPARE: readonly Look[] = [
  look("#946200", "#e8b04a", "pin", "P", 172),
  look("#5c6b2f", "#b9cb7a", "arrow", "q", 150),
  look("#855099", "#d5a6e6", "rect", "u", 183),
  look("#2f6f73", "#84c9cd", "diamond", "v", 109),
];

/** The look of a name, always the same. A runtime without an entry gets a spare look. */
export function lookOf(runtime: string): Look {
  const known = LOOKS[runtime];
  if (known !== undefined) return known;
  let sum = 0;
  for (const character of runtime) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 9973;
  return SPARE[sum % SPARE.length] as Look;
}

export const LOOK_NAMES: readonly string[] = Object.keys(LOOKS);
