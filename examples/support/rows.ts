/** What the pipeline's rows are, where they come from, and the service that it asks about each. */
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Row {
  readonly id: number;
  readonly amount: number;
}

/** Writes a file of so many rows; gives its name. */
export function sample(rows: number): string {
  const path = join(tmpdir(), `fibril-rows-${process.pid}.jsonl`);
  const row = (id: number) => `${JSON.stringify({ id, amount: (id * 7919) % 10_007 })}\n`;
  writeFileSync(path, Array.from({ length: rows }, (_, id) => row(id)).join(""));
  return path;
}

let running = 0;
export const service = { most: 0 };

/** Most answers come at the next turn of the event loop, some after 5 ms. */
export async function rankOf(row: Row): Promise<number> {
  service.most = Math.max(service.most, ++running);
  await new Promise<void>((resolve) => {
    if (row.id % 1_000 === 0) setTimeout(resolve, 5);
    else setImmediate(resolve);
  });
  running--;
  return row.amount % 10;
}
