/** Stored runs of the lab itself, small but real: one for each command that was run for them. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL("../../test/fixtures/runs/", import.meta.url));

export const RUNS: readonly string[] = readdirSync(FOLDER)
  .toSorted()
  .map((name) => join(FOLDER, name));

/** The one with switching, and with Ruby's limit. */
export const SCALE: string = join(FOLDER, "scale.json");
