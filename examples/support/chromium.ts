/** The browser of the tests. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** FIBRIL_CHROMIUM names one; otherwise it is the first in the path. */
export const CHROMIUM: string | undefined =
  process.env["FIBRIL_CHROMIUM"] ??
  (process.env["PATH"] ?? "")
    .split(delimiter)
    .flatMap((folder) => ["chromium", "google-chrome"].map((name) => join(folder, name)))
    .find((path) => existsSync(path));

/** Why a test is skipped, if it is. */
export const withoutChromium: string | false = CHROMIUM === undefined && "no Chromium here";
