/** Stacked bars, one per runtime: the first part in full colour, the second lighter, the sum at the end. */
import type { BarPicture } from "#lab/report/picture.js";
import { show, tick } from "#lab/report/units.js";
import type { Option } from "./chart-library.js";
import { escape } from "./escape.js";
import type { Setting } from "./line-option.js";
import { colourOf, FONT, tooltipStyle } from "./theme.js";

export const BAR_HEIGHT = 44;

export function barOption(picture: BarPicture, { theme, narrow, hidden }: Setting): Option {
  const bars = picture.bars.filter(({ name }) => !hidden.has(name)).toReversed();
  const { unit } = picture.axis;
  const [first, ...others] = picture.parts;
  const key = others.length === 0 ? "" : `: ${first} (full), ${others.join(", ")} (pale)`;
  return {
    animation: false,
    textStyle: { color: theme.text, fontFamily: FONT },
    grid: { left: 8, right: narrow ? 70 : 90, top: 4, bottom: 48, containLabel: true },
    tooltip: {
      trigger: "item",
      ...tooltipStyle(theme),
      formatter: ({ dataIndex }: { dataIndex: number }) =>
        describeBar(picture, bars[dataIndex]?.name ?? "")
          .map(escape)
          .join("<br>"),
    },
    xAxis: {
      type: "value",
      min: 0,
      name: picture.axis.name + key,
      nameLocation: "middle",
      nameGap: 28,
      nameTextStyle: { color: theme.text },
      axisLabel: {
        color: theme.text,
        formatter: (value: number) => tick(value, unit),
        hideOverlap: true,
      },
      splitLine: { lineStyle: { color: theme.line } },
    },
    yAxis: {
      type: "category",
      data: bars.map((bar) => bar.name),
      axisTick: { show: false },
      axisLine: { lineStyle: { color: theme.faint } },
      axisLabel: {
        color: theme.text,
        width: narrow ? 92 : 210,
        lineHeight: 15,
        overflow: "break",
        fontSize: narrow ? 11 : 13,
      },
    },
    series: picture.parts.map((part, index) => ({
      type: "bar",
      name: part,
      stack: "all",
      barMaxWidth: 26,
      data: bars.map(({ runtime, values }) => ({
        value: values[index],
        itemStyle: {
          color:
            index === 0 ? colourOf(runtime, theme) : pale(colourOf(runtime, theme), theme.page),
          borderColor: colourOf(runtime, theme),
          borderWidth: 1,
        },
      })),
      label: {
        show: index === picture.parts.length - 1,
        position: "right",
        color: theme.text,
        fontFamily: FONT,
        formatter: ({ dataIndex }: { dataIndex: number }) =>
          show(sum(bars[dataIndex]?.values ?? []), unit),
      },
    })),
  };
}

export function describeBar({ parts, bars, axis }: BarPicture, name: string): string[] {
  const bar = bars.find((one) => one.name === name);
  if (bar === undefined) return [];
  return [
    `${name}: ${show(sum(bar.values), axis.unit)}`,
    ...(parts.length === 1 ? [] : parts).map(
      (part, index) => `${part}: ${show(bar.values[index] ?? 0, axis.unit)}`,
    ),
  ];
}

/** A colour half way to the background. */
function pale(colour: string, page: string): string {
  const parts = [1, 3, 5].map((at) => {
    const channel = (of: string): number => Number.parseInt(of.slice(at, at + 2), 16);
    return Math.round((channel(colour) + channel(page)) / 2)
      .toString(16)
      .padStart(2, "0");
  });
  return `#${parts.join("")}`;
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
