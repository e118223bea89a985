/** Lines as the programs of the bug report print them. */
import type { Summary } from "./summary.js";

/** The line that the bug report's first program prints. */
export function bugReportLine({ cell, typical, rate }: Summary): string {
  return `fibers: ${cell.fibers} rss: ${typical.rssKiB} count: ${typical.count} rate: ${rate}`;
}

/** A row of the table that the bug report's third program prints. */
export function bugReportRow(...cells: (number | string)[]): string {
  return `| ${cells.map((cell) => String(cell).padStart(16)).join(" | ")} |`;
}
