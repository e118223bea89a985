/** The parts of the chart library that the page uses, and no more. */
import { BarChart, CustomChart, LineChart } from "echarts/charts";
import { GridComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { LabelLayout } from "echarts/features";
import { SVGRenderer } from "echarts/renderers";

use([LineChart, BarChart, CustomChart, GridComponent, TooltipComponent, LabelLayout, SVGRenderer]);

export { init };
export type { ECharts } from "echarts/core";
export type Option = import("echarts/core").EChartsCoreOption;
