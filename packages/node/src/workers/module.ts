/** Modules of routines, as types and as addresses. */
import { pathToFileURL } from "node:url";
import { isAbsolute } from "node:path";
import type { Waitable } from "fibril";
import { shown } from "fibril/extend";

declare const EXPORTS: unique symbol;

/** The address of a module, and the types of what it exports. Made by `moduleAt`. */
export interface ModuleAt<out Exports> extends URL {
  readonly [EXPORTS]?: Exports;
}

/** The address of a module whose types are not known here. */
export type AnyModule = string | (URL & { readonly [EXPORTS]?: never });

/** The names of a module's routines. */
export type RoutineName<Exports> = {
  [Name in keyof Exports]: Exports[Name] extends (...args: any) => Waitable<any, any, any>
    ? Name
    : never;
}[keyof Exports] &
  string;

/** What a routine takes. */
export type ArgsOf<Routine> = Routine extends (...args: infer Args) => unknown ? Args : never;

/** What a routine results in. */
export type ReturnOf<Routine> = Routine extends (...args: any) => Waitable<infer Result, any, any>
  ? Result
  : never;

/**
 * The address of a module with its types, for `workers.run`, `parallel` and `openCluster`: then the compiler knows the
 * names of its routines, their arguments and their results. A plain call; loads nothing. Throws
 * TypeError for what is not a URL.
 *
 * ```ts
 * import { moduleAt } from "@fibril/node";
 *
 * // moduleAt<typeof import("./job.js")>(new URL("./job.js", import.meta.url))
 * const job = moduleAt<{ double(n: number): Generator<never, number> }>(new URL("file:///job.js"));
 * job.href; // "file:///job.js"
 * ```
 */
export function moduleAt<Exports>(url: URL | string): ModuleAt<Exports> {
  return new URL(addressOf("moduleAt", url));
}

/** The address as a text. Throws TypeError for anything else, such as a relative path, which does not say to what it is relative. */
export function addressOf(what: string, module: unknown): string {
  if (module instanceof URL) return module.href;
  if (typeof module === "string") {
    if (isAbsolute(module)) return pathToFileURL(module).href;
    if (URL.canParse(module)) return module;
  }
  throw new TypeError(
    `${what} takes the URL of a module, new URL("./job.js", import.meta.url), not ${shown(module)}`,
  );
}

/** A routine, whatever it takes. */
export type Work = (...args: readonly unknown[]) => Waitable<unknown, any, any>;

/** Finds a routine in a module that has been loaded. */
export function routineIn(
  module: string,
  name: string,
  exports: Readonly<Record<string, unknown>>,
): Work {
  const found = exports[name];
  if (typeof found === "function") return found as Work;
  const names = Object.keys(exports).filter((key) => typeof exports[key] === "function");
  const has = names.length === 0 ? "it exports no function" : `it exports ${names.join(", ")}`;
  throw new TypeError(`${module} exports no routine ${JSON.stringify(name)}: ${has}`);
}
