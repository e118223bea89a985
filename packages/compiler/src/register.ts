/**
 * `node --import @fibril/compiler/register app.js` compiles the routines of every module that is loaded, except
 * those in `node_modules`. `FIBRIL_COMPILER=all` compiles every generator function.
 */
import Module, { register } from "node:module";
import { compileInline } from "./inline.js";
import { mayHaveRoutines } from "./scan.js";

/** Node 26 warns that `register` is deprecated. Whoever runs a program with this loader can do nothing about that. */
function registerQuietly(): void {
  const { noDeprecation } = process;
  process.noDeprecation = true;
  register("./loader.js", import.meta.url);
  process.noDeprecation = noDeprecation ?? false;
}

registerQuietly();
process.setSourceMapsEnabled(true);

/** CommonJS does not go through the hooks on all versions of Node, but all of it goes through this method. */
interface Compiles {
  _compile(content: string, file: string, ...rest: unknown[]): unknown;
}

const all = process.env["FIBRIL_COMPILER"] === "all";
const { prototype } = Module as unknown as { prototype: Compiles };
const compile: unknown = Reflect.get(prototype, "_compile");

const TYPED = /\.c?tsx?$/;

prototype._compile = function (this: unknown, content, file, ...rest): unknown {
  const isOwn =
    !file.includes("node_modules") && (TYPED.test(file) || mayHaveRoutines(content, all));
  if (!isOwn) return Reflect.apply(compile as () => unknown, this, [content, file, ...rest]);
  const [given, ...more] = rest;
  // What is compiled has no types, which newer versions of Node would remove: `commonjs-typescript`.
  const named = typeof given === "string" ? given.replace(/-?typescript$/, "") : given;
  const format = named === "" ? undefined : named;
  // `require` loads ES modules too, of which Node may know only by their text.
  const text = compileInline(file, content, format === "module" ? "module" : "unambiguous", all);
  return Reflect.apply(compile as () => unknown, this, [text, file, format, ...more]);
};
