/** Folders for programs that import the packages of this workspace. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";

/** The folder of this package. */
export const PACKAGE = fileURLToPath(new URL("../../../", import.meta.url));

/** The folder of the workspace. */
export const ROOT = join(PACKAGE, "../..");

/** A new folder with the given files, removed when the tests of the file have ended. */
export function folderWith(files: Readonly<Record<string, string>>): string {
  mkdirSync(join(PACKAGE, "build"), { recursive: true });
  const folder = mkdtempSync(join(PACKAGE, "build/program-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}
