/**
 * A chart on the page: it is drawn and redrawn, its series are switched, it is read by keyboard and
 * saved.
 */
import type { BarPicture, LinePicture, ScatterPicture } from "#lab/report/picture.js";
import { BAR_HEIGHT, barOption, describeBar } from "./bar-option.js";
import { type ECharts, init, type Option } from "./chart-library.js";
import { button, element, existing, onResize } from "./element.js";
import { saveCsv, savePng, saveSvg, toSvg } from "./export.js";
import { type Entry, legend } from "./legend.js";
import { describe, lineOption, type Setting, visibleOf } from "./line-option.js";
import { LIGHT, themeNow } from "./theme.js";

export type ChartPicture = LinePicture | ScatterPicture | BarPicture;

export interface View {
  redraw(): void;
  /** Switches all series of a runtime on or off. */
  show(runtime: string, visible: boolean): void;
}

export function chartView(picture: ChartPicture, place: HTMLElement, source: string): View {
  const hidden = new Set<string>();
  const target = existing(".chart", place);
  const buttons = existing(".legend", place);
  const reading = existing(".reading", place);
  if (picture.kind === "bars") target.style.height = `${picture.bars.length * BAR_HEIGHT + 60}px`;
  const chart = init(target, null, { renderer: "svg" });

  const redraw = (): void => {
    const setting = { theme: themeNow(), narrow: target.clientWidth < 560, hidden };
    chart.resize();
    chart.setOption(optionOf(picture, setting), { notMerge: true });
    const focused = document.activeElement?.getAttribute("data-name");
    buttons.replaceChildren(...legend(entries(picture), hidden, setting.theme, toggle));
    if (focused != null && !buttons.contains(document.activeElement)) {
      buttons.querySelector<HTMLElement>(`[data-name="${CSS.escape(focused)}"]`)?.focus();
    }
  };
  const toggle = (name: string): void => {
    if (!hidden.delete(name)) hidden.add(name);
    redraw();
  };

  tools(picture, place, hidden, source);
  readable(picture, target, reading, chart, hidden);
  redraw();
  onResize(target, redraw);
  return {
    redraw,
    show(runtime, visible) {
      for (const { name } of entries(picture).filter((entry) => entry.runtime === runtime)) {
        if (visible) hidden.delete(name);
        else hidden.add(name);
      }
      redraw();
    },
  };
}

function optionOf(picture: ChartPicture, setting: Setting): Option {
  return picture.kind === "bars" ? barOption(picture, setting) : lineOption(picture, setting);
}

/** The entries that can be switched: a bar, or a group, represented by its first series. */
function entries(picture: ChartPicture): Entry[] {
  if (picture.kind === "bars") return [...picture.bars];
  const groups = new Map<string, Entry>();
  for (const { name, runtime, quoted, hollow = false, group = name } of picture.series) {
    if (groups.has(group)) continue;
    groups.set(group, { name: group, runtime, dashed: quoted !== undefined, open: hollow });
  }
  return [...groups.values()];
}

/** The points that can be read by keyboard. */
function names(picture: ChartPicture, hidden: ReadonlySet<string>): string[] {
  const visible =
    picture.kind === "bars"
      ? picture.bars.filter(({ name }) => !hidden.has(name))
      : visibleOf(picture, hidden);
  return visible.map(({ name }) => name);
}

function tools(
  picture: ChartPicture,
  place: HTMLElement,
  hidden: ReadonlySet<string>,
  source: string,
): void {
  const svg = (): string => {
    const height = picture.kind === "bars" ? picture.bars.length * BAR_HEIGHT + 60 : 560;
    const option = optionOf(picture, { theme: LIGHT, narrow: false, hidden });
    return toSvg(picture, option, height, source);
  };
  existing(".tools", place).append(
    button("SVG", () => saveSvg(picture, svg()), "Save as a vector image"),
    button("PNG", () => void savePng(picture, svg()), "Save as an image"),
    button("CSV", () => saveCsv(picture), "Save every figure"),
  );
}

/** Left and right move along a series, up and down to the next series. The point is described below. */
function readable(
  picture: ChartPicture,
  target: HTMLElement,
  reading: HTMLElement,
  chart: ECharts,
  hidden: ReadonlySet<string>,
): void {
  let series = 0;
  let point = 0;
  target.addEventListener("keydown", (event) => {
    const visible = names(picture, hidden);
    if (visible.length === 0) return;
    series = Math.min(series, visible.length - 1);
    if (event.key === "ArrowDown") series = step(1, visible.length, series);
    else if (event.key === "ArrowUp") series = step(-1, visible.length, series);
    else if (event.key === "Escape") {
      chart.dispatchAction({ type: "hideTip" });
      reading.replaceChildren();
      return;
    } else if (!["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) return;
    event.preventDefault();
    const name = visible[series] as string;
    const last = lengthOf(picture, name) - 1;
    if (event.key === "ArrowRight") point = Math.min(point + 1, last);
    else if (event.key === "ArrowLeft") point = Math.max(0, point - 1);
    else if (event.key === "Home") point = 0;
    else if (event.key === "End") point = last;
    point = Math.min(point, last);
    // As in the options: the series are drawn from the last to the first, and a line has three parts.
    const back = visible.length - 1 - series;
    chart.dispatchAction(
      picture.kind === "bars"
        ? { type: "showTip", seriesIndex: 0, dataIndex: back }
        : { type: "showTip", seriesIndex: back * 3, dataIndex: point },
    );
    reading.replaceChildren(element("span", {}, words(picture, name, point).join(", ")));
  });
  target.addEventListener("blur", () => chart.dispatchAction({ type: "hideTip" }));
}

const step = (by: number, length: number, from: number): number => (from + by + length) % length;

function lengthOf(picture: ChartPicture, name: string): number {
  if (picture.kind === "bars") return 1;
  const found = picture.series.find((one) => one.name === name);
  return (found?.points.length ?? 0) + (found?.stop === undefined ? 0 : 1);
}

function words(picture: ChartPicture, name: string, index: number): string[] {
  if (picture.kind === "bars") return describeBar(picture, name);
  const found = picture.series.find((one) => one.name === name);
  return found === undefined ? [] : describe(picture, found, index);
}
