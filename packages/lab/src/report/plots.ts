/** The report as text, for a terminal. */
import type { Profile, Result } from "../cell.js";
import { facts } from "./facts.js";
import type { Picture } from "./picture.js";
import { pictures } from "./pictures.js";
import { coloured, type Terminal, terminalOf, wrapped } from "./terminal.js";
import { barText, flameText } from "./text-bars.js";
import { lineText } from "./text-lines.js";

/** The facts, then each picture. The text ends with a newline. */
export function toPlots(
  results: readonly Result[],
  profiles: readonly Profile[] = [],
  terminal: Terminal = terminalOf(process.stdout),
): string {
  const drawn = pictures(results, profiles);
  const said = facts(drawn).flatMap(({ title, lines }) => [
    title,
    ...lines.flatMap(({ runtime, name, text }) => {
      const words = [`${coloured(name, runtime, terminal)}:`, ...text.split(" ")];
      return wrapped(words, terminal.width, "  ");
    }),
  ]);
  const blocks = [said, ...drawn.map((picture) => plot(picture, terminal))];
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => `${lines.join("\n")}\n`)
    .join("\n");
}

function plot(picture: Picture, terminal: Terminal): string[] {
  const notes = picture.notes.flatMap((note) => wrapped(note.split(" "), terminal.width, "  "));
  return [
    ...wrapped(picture.title.split(" "), terminal.width, ""),
    "",
    ...body(picture, terminal),
    ...notes,
  ];
}

function body(picture: Picture, terminal: Terminal): string[] {
  switch (picture.kind) {
    case "bars":
      return barText(picture, terminal);
    case "flame":
      return flameText(picture, terminal);
    default:
      return picture.series.length === 0
        ? wrapped(picture.about.split(" "), terminal.width, "  ")
        : [...lineText(picture, terminal), ...correlations(picture, terminal)];
  }
}

function correlations(picture: Picture, { width }: Terminal): string[] {
  if (picture.kind !== "scatter" || picture.correlations.length === 0) return [];
  const found = picture.correlations
    .slice(0, 4)
    .map(({ name, linear }) => `${name} ${linear.toFixed(2)}`);
  return wrapped(`correlation: ${found.join("; ")}`.split(" "), width, "  ");
}
