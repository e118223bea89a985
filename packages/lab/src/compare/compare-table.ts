/** A comparison as a table, and its verdict as a line. */
import { digits } from "../figures/column.js";
import type { Table } from "../figures/table.js";
import { uncertainty } from "../statistics/noise.js";
import type { Compared, Comparison } from "./comparison.js";

export function comparisonTable(
  comparison: Comparison,
  first: string,
  second: string,
  notes: readonly string[],
): Table {
  return {
    title: `A: ${first}\nB: ${second}`,
    head: ["cell", "figure", "A", "B", "B against A", "delta", "B is"],
    rows: comparison.compared.map(row),
    notes: [...comparison.missing, ...notes],
  };
}

function row({
  cell,
  metric,
  first,
  second,
  effect: { ratio, delta, judgement },
}: Compared): string[] {
  const { experiment, order, fibers } = cell;
  return [
    `${experiment} ${order} ${fibers.toLocaleString("en-US")}`,
    metric.name,
    metric.show(first.middle),
    metric.show(second.middle),
    `${digits(ratio.middle)}× (${digits(ratio.low)}–${digits(ratio.high)})`,
    delta.toFixed(2),
    WORDS[metric.better][judgement],
  ];
}

/** Where less is better, the better side is smaller rather than faster. */
const WORDS = {
  more: {
    faster: "faster",
    slower: "slower",
    same: "same",
    "too noisy to tell": "too noisy to tell",
  },
  less: {
    faster: "smaller",
    slower: "larger",
    same: "same",
    "too noisy to tell": "too noisy to tell",
  },
} as const;

/** The verdict, the worst first, because a reader of a log must see that. */
export function sentence({ compared, missing }: Comparison): string {
  const count = (judgement: Compared["effect"]["judgement"]): number =>
    compared.filter((one) => one.effect.judgement === judgement).length;
  const worse = count("slower");
  const noisy = compared.filter((one) => one.effect.judgement === "too noisy to tell");
  const widest = Math.round(
    100 * Math.max(0, ...noisy.map(({ effect }) => uncertainty(effect.ratio))),
  );
  const parts = [
    ...(worse > 0 ? [`worse in ${worse}`] : []),
    ...(noisy.length > 0
      ? [`too noisy to tell in ${noisy.length} (known to within ${widest} %)`]
      : []),
    ...(missing.length > 0 ? [`without figures in ${missing.length}`] : []),
    ...(count("faster") > 0 ? [`better in ${count("faster")}`] : []),
    ...(count("same") > 0 ? [`the same in ${count("same")}`] : []),
  ];
  return `B is ${parts.join(", ") || "not comparable: no cell is in both"}`;
}
