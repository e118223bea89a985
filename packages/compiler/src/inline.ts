/** Compiles a file that is about to run: the source map is in the text. */
import type { SourceType } from "./syntax/parse.js";
import { transform } from "./transform.js";

export function compileInline(
  file: string,
  text: string,
  sourceType: SourceType,
  all: boolean,
): string {
  const { code, map } = transform(text, { file, sourceType, all, map: true });
  const inline = Buffer.from(JSON.stringify(map)).toString("base64");
  return `${code}\n//# sourceMappingURL=data:application/json;base64,${inline}\n`;
}
