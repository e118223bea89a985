/** Compiles a file that is about to run: the source map is in the text. */
import { takeInputMap } from "./input-map.js";
import type { SourceType } from "./syntax/parse.js";
import { transform } from "./transform.js";

export function compileInline(
  file: string,
  source: string,
  sourceType: SourceType,
  all: boolean,
): string {
  const { text, map: inputMap } = takeInputMap(file, source);
  const { code, map } = transform(text, { file, sourceType, all, map: true, inputMap });
  const inline = Buffer.from(JSON.stringify(map)).toString("base64");
  return `${code}\n//# sourceMappingURL=data:application/json;base64,${inline}\n`;
}
