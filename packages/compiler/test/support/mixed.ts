/** A caller and a callee, each plain, compiled, or in direct style: nine programs that ought to do the same. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { transform } from "@fibril/compiler";
import { inDirectStyle } from "./compare-direct.js";
import { folderWith } from "./folder.js";

const STYLES = ["plain", "compiled", "direct"] as const;
type Style = (typeof STYLES)[number];

/** The texts of two modules. The caller exports `outer(inner, log, …)`, which calls `inner(log, …)` of the other. */
export interface Texts {
  readonly callee: string;
  readonly caller: string;
}

export interface Mixture {
  readonly styles: string;
  readonly inner: never;
  readonly outer: never;
}

const IMPORTS =
  "import { call, defer, Fiber, moveOnAfter, routine, scope, shield, sleep, spawn, supervised, yieldNow } " +
  'from "fibril";\n';
const folder = folderWith({});
let count = 0;

/** All mixtures, that of plain routines first. */
export async function mixturesOf({ callee, caller }: Texts): Promise<Mixture[]> {
  const callees = await Promise.all(
    STYLES.map(async (style) => [style, (await load(callee, style))["inner"]] as const),
  );
  const mixtures = callees.flatMap(([of, inner]) =>
    STYLES.map(async (by): Promise<Mixture> => {
      const { outer } = await load(calling(caller, of, by), by);
      return { styles: `${by} calls ${of}`, inner: inner as never, outer: outer as never };
    }),
  );
  return Promise.all(mixtures);
}

/** Where one of the two is in direct style and the other is not, a call is made by `call`. */
function calling(caller: string, callee: Style, by: Style): string {
  const isAcross = (callee === "direct") !== (by === "direct");
  return isAcross ? caller.replaceAll("yield* inner(", "yield* call(inner, ") : caller;
}

async function load(text: string, style: Style): Promise<Record<string, unknown>> {
  const file = join(folder, `mixed-${count++}.mjs`);
  const source = IMPORTS + text;
  writeFileSync(file, style === "plain" ? source : compiled(source, style, file));
  return (await import(pathToFileURL(file).href)) as Record<string, unknown>;
}

function compiled(source: string, style: Style, file: string): string {
  if (style === "direct")
    return transform(`"use fibers";\n${inDirectStyle(source)}`, { file }).code;
  const { code, explanations } = transform(source, { file });
  const left = explanations.find((each) => !each.compiled);
  if (left !== undefined) throw new Error(`a routine is left plain: ${JSON.stringify(left)}`);
  return code;
}
