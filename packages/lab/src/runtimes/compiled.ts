/** The lab's own routines as state machines, and its programs in direct style. The build has put them into `dist/compiled`. */
import type { Found } from "./entry.js";
import { find } from "./npm.js";

/** The address of a compiled module. The output takes its helpers from the compiler's package. */
export const compiled = (module: string): string =>
  new URL(`../compiled/${module}`, import.meta.url).href;

export const findCompiler = (): Promise<Found> => find("@fibril/compiler", "0.1.0");
