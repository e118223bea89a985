/** Whether a TypeScript file is a CommonJS module, which Node tells by the package and by the name. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseSync } from "oxc-parser";

/** What only CommonJS modules have. */
const OWN = /\b(require|module|exports|__dirname|__filename)\b/;

/**
 * A file `.ts` is one if it exports and imports nothing by statements, and uses a name that only CommonJS has. In a package
 * of ES modules, none is.
 */
export function isCommonJs(file: string, text: string): boolean {
  if (/\.[cm]tsx?$/.test(file)) return /\.ctsx?$/.test(file);
  if (!OWN.test(text) || isInPackageOfModules(file)) return false;
  const { program } = parseSync(file, text, { sourceType: "unambiguous", astType: "js" });
  return program.sourceType !== "module";
}

function isInPackageOfModules(file: string): boolean {
  const folder = dirname(file);
  if (folder === file) return false;
  const path = join(folder, "package.json");
  if (!existsSync(path)) return isInPackageOfModules(folder);
  return (JSON.parse(readFileSync(path, "utf8")) as { type?: unknown }).type === "module";
}
