/** The report as one page that needs no network: the chart library stands in it. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Experiment, Order, Result, RuntimeName } from "./cell.js";
import { machineLine } from "./machine.js";
import type { Stored } from "./store.js";
import { isSummary, verdict } from "./summary.js";
import { type Table, tables } from "./tables.js";

const PAGE = new URL("../page/", import.meta.url);

/** A part's place, in whatever a comment or a string is there. */
const PLACE = /(?:\/\*|<!--|") ?\{\{(\w+)\}\} ?(?:\*\/|-->|")/g;

interface Point {
  readonly fibers: number;
  readonly rate: number;
  readonly lowest: number;
  readonly highest: number;
}
interface Series {
  readonly name: string;
  readonly runtime: RuntimeName;
  readonly order: Order;
  readonly quoted: boolean;
  readonly points: Point[];
}
interface Chart {
  readonly title: string;
  readonly series: readonly Series[];
  /** The axis, in whole powers of ten around the points. */
  readonly floor: number;
  readonly ceiling: number;
}

const CHARTS: readonly [Experiment, string][] = [
  ["scale", "Resume and yield, fibers that have started"],
  ["resume", "Resume and yield, first entries included"],
  ["ring", "Ring of transfers, first entries included"],
];

export function toHtml({ results, machine, command, date }: Stored): string {
  const charts = CHARTS.map(([experiment, title]) => chart(title, experiment, results)).filter(
    ({ series }) => series.length > 0,
  );
  const library = fileURLToPath(import.meta.resolve("echarts/dist/echarts.min.js"));
  const parts: Record<string, string> = {
    style: readFileSync(new URL("page.css", PAGE), "utf8"),
    tables: tables(results).map(tableHtml).join("\n"),
    machine: escape(`${machineLine(machine)}, ${date}`),
    command: escape(command),
    echarts: inScript(readFileSync(library, "utf8").replace(/\n\/\/# sourceMappingURL=.*/, "")),
    data: inScript(JSON.stringify({ charts })),
    script: inScript(readFileSync(new URL("page.js", PAGE), "utf8")),
  };
  const page = readFileSync(new URL("index.html", PAGE), "utf8");
  return page.replaceAll(PLACE, (_, name: string) => parts[name] ?? "");
}

function chart(title: string, experiment: Experiment, results: readonly Result[]): Chart {
  const series = new Map<string, Series>();
  for (const result of results) {
    const { cell } = result;
    const found = verdict(result);
    if (cell.experiment !== experiment || found === undefined || !("rate" in found)) continue;
    const quoted = !isSummary(found);
    const name = [cell.runtime, ...(cell.order === "shuffled" ? ["shuffled"] : [])].join(", ");
    const key = quoted ? `${name} (quoted)` : name;
    const one = series.get(key) ?? {
      name: key,
      runtime: cell.runtime,
      order: cell.order,
      quoted,
      points: [],
    };
    series.set(key, one);
    const { rate } = found;
    const { lowest, highest } = isSummary(found) ? found : { lowest: rate, highest: rate };
    one.points.push({ fibers: cell.fibers, rate, lowest, highest });
  }
  const points = [...series.values()].flatMap((one) => one.points);
  return {
    title,
    series: [...series.values()],
    floor: 10 ** Math.floor(Math.log10(Math.min(...points.map(({ lowest }) => lowest), 1e6))),
    ceiling: 10 ** Math.ceil(Math.log10(Math.max(...points.map(({ highest }) => highest), 1e6))),
  };
}

function tableHtml({ title, head, rows, notes }: Table): string {
  const row = (cells: readonly string[], tag: string): string =>
    `<tr>${cells.map((cell) => `<${tag}>${escape(cell)}</${tag}>`).join("")}</tr>`;
  return (
    `<div class="table"><table><caption>${escape(title)}</caption>` +
    `<thead>${row(head, "th")}</thead><tbody>${rows.map((cells) => row(cells, "td")).join("\n")}</tbody></table></div>` +
    notes.map((note) => `<p class="note">${escape(note)}</p>`).join("")
  );
}

const escape = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** So that nothing in a script or in data ends the script element. */
const inScript = (text: string): string => text.replaceAll(/<(?=\/script|!--)/gi, String.raw`\x3c`);
