/** A file of rows, 400 bytes each. */
import { createHash } from "node:crypto";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Workload } from "../support/workload.ts";

const note = "lorem ipsum dolor sit amet ".repeat(12);

export async function load(scale: number): Promise<Workload> {
  const folder = mkdtempSync(join(tmpdir(), "fibril-pipeline-"));
  const [input, output] = [join(folder, "rows.jsonl"), join(folder, "ranked.jsonl")];
  const file = openSync(input, "w");
  const rows = Math.round(250_000 * scale);
  for (let id = 0; id < rows; id++) {
    const row = { id, user: `user${id % 1_000}`, amount: (id * 7_919) % 10_007, note };
    writeSync(file, `${JSON.stringify(row)}\n`);
  }
  closeSync(file);
  return {
    args: [input, output],
    result: () => createHash("sha256").update(readFileSync(output)).digest("hex"),
    close: () => rmSync(folder, { recursive: true }),
  };
}
