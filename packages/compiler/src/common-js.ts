/** Whether a TypeScript file is a CommonJS module, which Node tells by the package and by the name. */
import { parseSync } from "oxc-parser";

/** What only CommonJS modules have. */
const OWN = /\b(require|module|exports|__dirname|__filename)\b/;

/** A file `.ts` is one if it exports and imports nothing by statements, and uses a name that only CommonJS has. */
export function isCommonJs(file: string, text: string): boolean {
  if (/\.[cm]tsx?$/.test(file)) return /\.ctsx?$/.test(file);
  if (!OWN.test(text)) return false;
  const { program } = parseSync(file, text, { sourceType: "unambiguous", astType: "js" });
  return program.sourceType !== "module";
}
