import { readFileSync } from "node:fs";

/** row × column → what stands in the table of a Markdown file of the tests. */
export function scenarioTable(name: string): Map<string, string> {
  const text = readFileSync(new URL(`../../../test/${name}`, import.meta.url), "utf8");
  const rows = text
    .split("\n")
    .filter((line) => line.startsWith("|") && !line.startsWith("| ---"))
    .map((line) => line.split("|").slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim()));
  const [, ...columns] = rows.shift() ?? [];
  const cells = new Map<string, string>();
  for (const [row, ...marks] of rows) {
    for (const [index, mark] of marks.entries()) cells.set(`${row} × ${columns[index]}`, mark);
  }
  return cells;
}
