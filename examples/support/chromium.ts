/** The browser of the tests. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium } from "playwright-core";

/** FIBRIL_CHROMIUM names one; otherwise it is the first in the path. */
const CHROMIUM: string | undefined =
  process.env["FIBRIL_CHROMIUM"] ??
  (process.env["PATH"] ?? "")
    .split(delimiter)
    .flatMap((folder) => ["chromium", "google-chrome"].map((name) => join(folder, name)))
    .find((path) => existsSync(path));

/** Why a test is skipped, if it is. */
export const withoutChromium: string | false = CHROMIUM === undefined && "no Chromium here";

export const launch = (): Promise<Browser> =>
  chromium.launch({ executablePath: CHROMIUM!, args: ["--no-sandbox", "--disable-gpu"] });
