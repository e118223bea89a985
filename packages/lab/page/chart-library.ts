/** Only those parts of the chart library that the page uses. */
import { BarChart, CustomChart, LineChart } from "echarts/charts";
import { GridComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { LabelLayout } from "echarts/features";
import { SVGRenderer } from "echarts/renderers";

use([LineChart, BarChart, CustomChart, GridComponent, TooltipComponent, LabelLayout, SVGRenderer]);

export { init };
export type { ECharts } from "echarts/core";
export type Option = import("echarts/core").EChartsCoreOption;

/** What the library passes to a custom shape: the values of the point, and their places in pixels. */
export interface Drawing {
  value(dimension: number): number;
  coord(point: readonly [number, number]): [number, number];
}
