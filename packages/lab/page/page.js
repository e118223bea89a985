// One chart an experiment, from the data that stands in the page. Redrawn when the reader's colour
// scheme or the window changes.
const { charts } = JSON.parse(document.getElementById("data").textContent);
const dark = matchMedia("(prefers-color-scheme: dark)");
const narrow = matchMedia("(max-width: 40rem)");
const COLOURS = {
  fibril: ["#0b6bcb", "#6cb2ff"],
  "fibril-frames": ["#0f8a5f", "#4cc9a0"],
  generator: ["#7a7f87", "#a9afb7"],
  ruby: ["#c2274b", "#ff7a93"],
};
const SYMBOLS = {
  fibril: "circle",
  "fibril-frames": "rect",
  generator: "triangle",
  ruby: "diamond",
};
let drawn = [];

const plain = (value) =>
  value >= 1e6 ? `${value / 1e6}M` : value >= 1e3 ? `${value / 1e3}k` : String(value);

function draw() {
  for (const chart of drawn) chart.dispose();
  const text = getComputedStyle(document.body).color;
  const line = getComputedStyle(document.documentElement).getPropertyValue("--line");
  drawn = charts.map((data, index) => {
    const place = document.getElementById(`chart-${index}`);
    const chart = echarts.init(place, null, { renderer: "svg" });
    const axis = (name, extra) => ({
      type: "log",
      name,
      nameLocation: "middle",
      nameTextStyle: { color: text },
      axisLabel: { color: text, formatter: plain, hideOverlap: true },
      axisLine: { lineStyle: { color: line } },
      splitLine: { lineStyle: { color: line } },
      ...extra,
    });
    chart.setOption({
      animation: false,
      aria: { enabled: true },
      textStyle: { color: text },
      legend: { top: 0, type: "scroll", textStyle: { color: text } },
      grid: { left: narrow.matches ? 56 : 72, right: 16, top: 40, bottom: 56 },
      tooltip: {
        trigger: "axis",
        confine: true,
        valueFormatter: (v) => `${(v / 1e6).toFixed(2)} M/s`,
      },
      xAxis: axis("fibers", { nameGap: 30 }),
      yAxis: axis("a second", {
        nameGap: narrow.matches ? 40 : 52,
        min: data.floor,
        max: data.ceiling,
      }),
      series: data.series.flatMap((series) => {
        const colour = COLOURS[series.runtime][dark.matches ? 1 : 0];
        const shuffled = series.order === "shuffled";
        return [
          {
            name: series.name,
            type: "line",
            data: series.points.map(({ fibers, rate }) => [fibers, rate]),
            symbol: SYMBOLS[series.runtime],
            symbolSize: 8,
            color: colour,
            lineStyle: { type: shuffled || series.quoted ? "dashed" : "solid", width: 2 },
          },
          {
            name: series.name,
            type: "custom",
            color: colour,
            tooltip: { show: false },
            data: series.points.map(({ fibers, lowest, highest }) => [fibers, lowest, highest]),
            renderItem: (_params, api) => {
              const [x, low] = api.coord([api.value(0), api.value(1)]);
              const [, high] = api.coord([api.value(0), api.value(2)]);
              return {
                type: "line",
                shape: { x1: x, y1: low, x2: x, y2: high },
                style: { stroke: colour, lineWidth: 2, opacity: 0.5 },
              };
            },
          },
        ];
      }),
    });
    return chart;
  });
}

for (const [index, data] of charts.entries()) {
  const place = document.getElementById("charts");
  place.insertAdjacentHTML("beforeend", `<h3></h3><div class="chart" id="chart-${index}"></div>`);
  place.lastElementChild.previousElementSibling.textContent = data.title;
}
draw();
dark.addEventListener("change", draw);
narrow.addEventListener("change", draw);
addEventListener("resize", () => drawn.forEach((chart) => chart.resize()));
