/** The report as one page that needs no network: it contains style, script, chart library and data. */
import { readFileSync } from "node:fs";
import { machineLine } from "../runs/machine.js";
import { findRuntime } from "../runtimes/registry.js";
import type { Stored } from "../runs/store.js";
import { facts } from "./facts.js";
import { lookOf } from "./look.js";
import { type Chapter, CHAPTERS, type Picture } from "./picture.js";
import { tableOf } from "./picture-table.js";
import { pictures } from "./pictures.js";
import { together } from "./together.js";

const PAGE = new URL("../page/", import.meta.url);

/** The place of a part: in a comment of CSS, JavaScript or HTML, or in a string. */
const PLACE = /(?:\/\*|<!--|") ?\{\{(\w+)\}\} ?(?:\*\/|-->|")/g;

/** The page of one run, or of several runs together. */
export function toHtml(...runs: readonly Stored[]): string {
  const { results, profiles } = together(runs);
  const drawn = pictures(results, profiles);
  const source = runs.map(sourceOf).join("; ");
  const parts: Record<string, string> = {
    style: read("page.css"),
    script: inScript(read("main.js")),
    data: inData(JSON.stringify({ pictures: drawn, source, runtimes: named(drawn) }, rounded)),
    // What the reader sees first, without scrolling.
    first: drawn
      .slice(0, 1)
      .map((picture) => pictureHtml(picture, "h2"))
      .join(""),
    facts: factsHtml(drawn),
    contents: contents(drawn.slice(1)),
    chapters: chapters(drawn.slice(1)),
    runs: runs.map(runHtml).join("\n"),
    caveats: caveats(runs),
    source: escape(source),
  };
  return read("index.html").replaceAll(PLACE, (_, name: string) => parts[name] ?? "");
}

const read = (name: string): string => readFileSync(new URL(name, PAGE), "utf8");

const sourceOf = ({ machine, date, commit }: Stored): string =>
  [machineLine(machine), ...(commit === undefined ? [] : [`commit ${commit}`]), date].join(", ");

/** Rounds to nine digits: more of them cannot be measured and only make the page large. */
const rounded = (_: string, value: unknown): unknown =>
  typeof value === "number" ? Number(value.toPrecision(9)) : value;

function named(drawn: readonly Picture[]): { readonly runtime: string; readonly name: string }[] {
  const runtimes = new Set(
    drawn.flatMap((picture) => {
      if (picture.kind === "flame") return [];
      const members = picture.kind === "bars" ? picture.bars : picture.series;
      return members.map(({ runtime }) => runtime);
    }),
  );
  return [...runtimes].map((runtime) => ({
    runtime,
    name: findRuntime(runtime)?.label ?? runtime,
  }));
}

function factsHtml(drawn: readonly Picture[]): string {
  const cards = facts(drawn).map(({ picture, title, lines }) => {
    const said = lines.map(({ runtime, name, text }) => {
      const { light, dark } = lookOf(runtime);
      return `<p><b style="color: light-dark(${light}, ${dark})">${escape(name)}</b> ${escape(text)}</p>`;
    });
    return `<li><a href="#${picture}">${escape(title)}</a>${said.join("")}</li>`;
  });
  return cards.length === 0 ? "" : `<ul class="facts">${cards.join("\n")}</ul>`;
}

const chaptersOf = (drawn: readonly Picture[]): Chapter[] => [
  ...new Set(drawn.map(({ chapter }) => chapter)),
];

function contents(drawn: readonly Picture[]): string {
  const links = chaptersOf(drawn).map(
    (chapter) => `<a href="#chapter-${chapter}">${escape(CHAPTERS[chapter])}</a>`,
  );
  return links.join("\n");
}

function chapters(drawn: readonly Picture[]): string {
  return chaptersOf(drawn)
    .map((chapter) => {
      const members = drawn.filter((picture) => picture.chapter === chapter);
      const title = `<h2 id="chapter-${chapter}">${escape(CHAPTERS[chapter])}</h2>`;
      return `<section>${title}\n${members.map((picture) => pictureHtml(picture, "h3")).join("\n")}</section>`;
    })
    .join("\n");
}

function pictureHtml(picture: Picture, heading: "h2" | "h3"): string {
  const { id, title, about, notes } = picture;
  const empty = picture.kind === "scatter" && picture.series.length === 0;
  const below = notesHtml([...correlations(picture), ...notes]) + asidesHtml(picture);
  const head = `<${heading} id="${id}-title">${escape(title)}</${heading}><p class="about">${escape(about)}</p>`;
  if (empty) return `<figure class="picture" id="${id}">${head}${below}</figure>`;
  return `<figure class="picture ${picture.kind}" id="${id}" aria-labelledby="${id}-title">${head}
<div class="legend" role="group" aria-label="Series of this chart"></div>
<div class="chart" role="application" tabindex="0" aria-roledescription="chart" aria-label="${attribute(`${title}. ${keys(picture)}`)}"></div>
<p class="reading" aria-live="polite"></p>
${below}
<div class="tools" role="group" aria-label="${attribute(`Save: ${title}`)}"></div>
<details><summary>Table</summary>${tableHtml(picture)}</details>
</figure>`;
}

function notesHtml(notes: readonly string[]): string {
  const items = notes.map((note) => `<li>${escape(note)}</li>`);
  return items.length === 0 ? "" : `<ul class="notes">${items.join("")}</ul>`;
}

function asidesHtml({ asides = [] }: Picture): string {
  return asides.length === 0
    ? ""
    : `<details><summary>Notes</summary>${notesHtml(asides)}</details>`;
}

const keys = ({ kind }: Picture): string =>
  kind === "flame"
    ? "Arrow keys walk the frames, Enter enlarges one, Escape shows all. The table has the figures."
    : "Arrow keys read the points. The table has the figures.";

/** Correlations below a picture: those of the first series. The table has all of them. */
const CORRELATIONS = 4;

function correlations(picture: Picture): string[] {
  if (picture.kind !== "scatter") return [];
  const found = picture.correlations
    .slice(0, CORRELATIONS)
    .map(({ name, linear, ranks, points }) => {
      const [r, byRanks] = [linear.toFixed(2), ranks.toFixed(2)];
      return `${name}: r = ${r}, by ranks ${byRanks}, over ${points} points`;
    });
  return found.length === 0 ? [] : [`Correlation. ${found.join("; ")}.`];
}

function tableHtml(picture: Picture): string {
  const { head, rows } = tableOf(picture);
  const columns = head.map((name) => `<th scope="col">${escape(name)}</th>`).join("");
  const lines = rows.map(([first = "", ...rest]) => {
    const cells = rest.map((text) => `<td>${escape(text)}</td>`).join("");
    return `<tr><th scope="row">${escape(first)}</th>${cells}</tr>`;
  });
  const label = attribute(`Table: ${picture.title}`);
  return (
    `<div class="scroll" tabindex="0" role="region" aria-label="${label}"><table>` +
    `<thead><tr>${columns}</tr></thead><tbody>${lines.join("\n")}</tbody></table></div>`
  );
}

function runHtml(run: Stored): string {
  const { machine, commit, command, date } = run;
  const { cpu, cores, memoryGiB, system, load, node, v8, versions, maxMapCount } = machine;
  const rows: (readonly [string, string])[] = [
    ["Measured", date],
    ["Processor", `${cpu}, ${cores} cores`],
    ["Memory", `${memoryGiB} GiB`],
    ["System", system],
    ["Load before", String(load)],
    ["Node", `${node}, V8 ${v8}`],
    ...Object.entries(versions).map(([name, version]) => {
      return [findRuntime(name)?.label ?? name, version] as const;
    }),
  ];
  if (maxMapCount !== undefined) {
    rows.push(["Mappings a process may have", maxMapCount.toLocaleString("en-US")]);
  }
  if (commit !== undefined) rows.push(["Commit", commit]);
  const list = rows.map(([name, text]) => `<dt>${escape(name)}</dt><dd>${escape(text)}</dd>`);
  return `<dl>${list.join("")}</dl><pre tabindex="0"><code>${escape(command)}</code></pre>`;
}

function caveats(runs: readonly Stored[]): string {
  const found = new Set(runs.map(({ machine }) => machine.cpu));
  const several =
    found.size > 1 ? ["These runs are from different machines: compare within one run only."] : [];
  const loaded = runs.filter(({ machine }) => machine.load > machine.cores / 2);
  const busy =
    loaded.length > 0
      ? [
          `The machine was doing other work (load ${loaded.map(({ machine }) => machine.load).join(", ")}): read ratios rather than figures.`,
        ]
      : [];
  return [...several, ...busy].map((text) => `<li>${escape(text)}</li>`).join("\n");
}

const escape = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

const attribute = (text: string): string => escape(text).replaceAll('"', "&quot;");

/** Escapes what would end the script element. */
const inScript = (text: string): string =>
  text.replaceAll(/<(?=\/script|!--)/gi, String.raw`\u003c`);

/** Escapes what could be markup in the data. */
const inData = (text: string): string => text.replaceAll("<", String.raw`\u003c`);
