/** TypeScript is compiled after its types have been replaced with spaces, so all positions stay. */
import * as nodeModule from "node:module";
import { SourceError } from "./syntax/parse.js";

type Strip = (code: string, options?: { mode: "strip" }) => string;

/** Replaces the types of a TypeScript text with spaces. Throws SourceError if this host cannot, or the text has other than types. */
export function stripTypes(file: string, source: string): string {
  const { stripTypeScriptTypes: strip } = nodeModule as { stripTypeScriptTypes?: Strip };
  if (strip === undefined) {
    throw new SourceError(
      file,
      source,
      0,
      "this Node cannot strip types: use Node 22.13 or newer, or compile the output of tsc",
    );
  }
  try {
    return strip(source, { mode: "strip" });
  } catch (error) {
    throw new SourceError(file, source, 0, (error as Error).message);
  }
}
