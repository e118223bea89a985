/** Logs for the pipeline, three of them packed. */
import { join } from "node:path";
import { exec, writeFile } from "@fibril/node";

function log(day: number): string {
  const at = Date.UTC(2026, 10, day);
  const line = (n: number): string => {
    const time = new Date(at + n * 8_640).toISOString();
    return `${time} GET /items/${(n * 7_919) % 1_009} ${(n * 7_907 + day) % 1_000}\n`;
  };
  return Array.from({ length: 10_000 }, (_, n) => line(n)).join("");
}

/** Writes them into a folder, in an order that is not theirs. */
export function* sampleLogs(folder: string) {
  for (const day of [3, 1, 4, 2]) {
    const path = join(folder, `day-${5 - day}.log`);
    yield* writeFile(path, log(day));
    if (day !== 2) yield* exec("gzip", [path]);
  }
}
