/**
 * Lines and scatters: one series per runtime, the subject bolder and on top. A quoted figure is dashed and
 * hollow, a limit is a cross with a text, and a thin whisker shows how far the repeats lie apart.
 */
import { ends, ticks } from "#lab/report/axis.js";
import { SUBJECT } from "#lab/report/look.js";
import type { Axis, LinePicture, ScatterPicture, Series } from "#lab/report/picture.js";
import { show, tick } from "#lab/report/units.js";
import type { Drawing, Option } from "./chart-library.js";
import { escape } from "./escape.js";
import { limitMark } from "./limit-mark.js";
import { colourOf, FONT, symbolOf, type Theme, tooltipStyle } from "./theme.js";

/** With more lines than this, a text beside a cross would cover some of them: it goes down to the axis. */
const CROWD = 6;

export interface Setting {
  readonly theme: Theme;
  readonly narrow: boolean;
  /** Names in the legend that are switched off. */
  readonly hidden: ReadonlySet<string>;
}

export function lineOption(picture: LinePicture | ScatterPicture, setting: Setting): Option {
  const { theme, narrow, hidden } = setting;
  const scatter = picture.kind === "scatter";
  const visible = visibleOf(picture, hidden);
  const labelled = !narrow && !(scatter && visible.length > 8);
  return {
    animation: false,
    textStyle: { color: theme.text, fontFamily: FONT },
    grid: {
      left: narrow ? 52 : 76,
      right: labelled ? labelWidth(visible) : 14,
      top: 14,
      bottom: narrow ? 46 : 52,
    },
    tooltip: {
      trigger: "item",
      ...tooltipStyle(theme),
      formatter: ({ seriesIndex, dataIndex }: { seriesIndex: number; dataIndex: number }) =>
        tooltip(picture, visible.toReversed()[Math.floor(seriesIndex / 3)], dataIndex),
    },
    xAxis: axis(picture.x, setting, ends(picture, "x"), "x"),
    yAxis: axis(picture.y, setting, ends(picture, "y"), "y"),
    // The subject is first in every list and is drawn last, on top.
    series: visible
      .toReversed()
      .flatMap((one) =>
        parts(one, setting, { scatter, labelled, crowded: visible.length > CROWD }),
      ),
  };
}

/** Series are switched by group. */
export const visibleOf = (
  { series }: LinePicture | ScatterPicture,
  hidden: ReadonlySet<string>,
): readonly Series[] => series.filter(({ name, group = name }) => !hidden.has(group));

function tooltip(
  picture: LinePicture | ScatterPicture,
  series: Series | undefined,
  index: number,
): string {
  const lines = series === undefined ? [] : describe(picture, series, index);
  return lines
    .map(escape)
    .map((line, i) => (i === 0 ? `<b>${line}</b>` : line))
    .join("<br>");
}

/** A point as text, for the tooltip and for screen readers. */
export function describe(
  { x, y, ...more }: LinePicture | ScatterPicture,
  { name, points, stop }: Series,
  index: number,
): string[] {
  const point = points[index];
  if (point === undefined) return stop === undefined ? [] : [`${name} ${stop.text}`, stop.error];
  const at = point.label ?? `${x.name}: ${show(point.x, x.unit)}`;
  const lines = [`${name}: ${show(point.y, y.unit)}`, at];
  if (point.label !== undefined) lines.push(`${x.name}: ${show(point.x, x.unit)}`);
  const { low = point.y, high = point.y } = point;
  if (low !== high && "whiskers" in more) {
    lines.push(`${more.whiskers}: ${show(low, y.unit)} to ${show(high, y.unit)}`);
  }
  return lines;
}

interface Company {
  readonly scatter: boolean;
  readonly labelled: boolean;
  readonly crowded: boolean;
}

function parts(
  series: Series,
  { theme, narrow }: Setting,
  { scatter, labelled, crowded }: Company,
): object[] {
  const { name, runtime, points, quoted, hollow, stop } = series;
  const colour = colourOf(runtime, theme);
  const subject = runtime === SUBJECT;
  const open = quoted !== undefined || hollow === true;
  const size = subject ? 9 : 7;
  const common = { name, z: subject ? 5 : 3, color: colour };
  const line = {
    ...common,
    type: "line",
    data: [
      ...points.map(({ x, y }) => ({ value: [x, y] })),
      ...(stop === undefined || !reaches(series)
        ? []
        : [{ value: [stop.x, stop.y], symbolSize: 0 }]),
    ],
    symbol: symbolOf(runtime),
    symbolSize: size,
    showAllSymbol: true,
    itemStyle: {
      color: open ? theme.page : colour,
      borderColor: colour,
      borderWidth: open ? 2 : 0,
    },
    lineStyle: {
      color: colour,
      width: scatter ? 1 : subject ? 4 : 2,
      type: quoted === undefined ? "solid" : "dashed",
      opacity: scatter && runtime !== "loads" ? 0.4 : 1,
    },
    emphasis: { focus: "series", lineStyle: { width: subject ? 4 : 3 } },
    blur: { lineStyle: { opacity: 0.25 }, itemStyle: { opacity: 0.4 } },
    endLabel: {
      show: labelled && stop === undefined,
      formatter: name,
      color: colour,
      fontFamily: FONT,
      fontSize: LABEL_SIZE,
      lineHeight: 18,
      fontWeight: subject ? 700 : 400,
      distance: 8,
    },
    labelLayout: { moveOverlap: "shiftY" },
  };
  return [
    line,
    whiskers(common, colour, points),
    { ...common, ...limitMark(series, { theme, narrow, crowded }) },
  ];
}

const LABEL_SIZE = 12;

/** Room beside the chart for the longest name. */
function labelWidth(visible: readonly Series[]): number {
  const names = visible.filter(({ stop }) => stop === undefined).map(({ name }) => name.length);
  return Math.min(240, 24 + Math.max(6, ...names) * LABEL_SIZE * 0.58);
}

/**
 * A line continues to the cross only if the last point is near it. Otherwise it would show what was not
 * measured.
 */
const reaches = ({ points, stop }: Series): boolean =>
  stop !== undefined && stop.x <= (points.at(-1)?.x ?? 0) * 2;

function whiskers(common: object, colour: string, points: Series["points"]): object {
  return {
    ...common,
    type: "custom",
    silent: true,
    tooltip: { show: false },
    data: points.map(({ x, y, low = y, high = y }) => [x, low, high]),
    renderItem: (_: unknown, api: Drawing) => {
      const [x, low] = api.coord([api.value(0), api.value(1)]);
      const [, high] = api.coord([api.value(0), api.value(2)]);
      if (Math.abs(low - high) < 1) return { type: "group", children: [] };
      return {
        type: "group",
        children: [
          bar(colour, x, low, x, high),
          bar(colour, x - 3, low, x + 3, low),
          bar(colour, x - 3, high, x + 3, high),
        ],
      };
    },
  };
}

const bar = (stroke: string, x1: number, y1: number, x2: number, y2: number): object => ({
  type: "line",
  shape: { x1, y1, x2, y2 },
  style: { stroke, lineWidth: 1.5, opacity: 0.65 },
});

function axis(
  { name, unit, scale }: Axis,
  { theme, narrow }: Setting,
  [min, max]: readonly [number, number],
  which: "x" | "y",
): object {
  return {
    type: scale === "log" ? "log" : "value",
    min,
    max,
    name,
    nameLocation: "middle",
    nameGap: which === "x" ? 28 : narrow ? 38 : 56,
    nameTextStyle: { color: theme.text, fontSize: narrow ? 12 : 13 },
    axisLabel: {
      color: theme.text,
      fontSize: narrow ? 11 : 12,
      formatter: (value: number) => tick(value, unit),
      hideOverlap: true,
      ...(scale === "log" && { customValues: ticks(min, max) }),
    },
    axisTick: { show: false },
    axisLine: { show: which === "x", lineStyle: { color: theme.faint }, onZero: false },
    splitLine: { show: true, showMaxLine: false, lineStyle: { color: theme.line } },
  };
}
