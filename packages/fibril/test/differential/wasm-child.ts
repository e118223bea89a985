/**
 * The child that runs the judge on Ruby compiled to WebAssembly. Its folder holds judge.rb and
 * programs.json, and gets traces.json.
 *
 *     node wasm-child.js FOLDER MODULES
 */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { WASI } from "node:wasi";

interface Ruby {
  RubyVM: {
    instantiateModule(options: object): Promise<{ vm: { eval(code: string): unknown } }>;
  };
}

const [folder, modules] = process.argv.slice(2) as [string, string];
const { resolve } = createRequire(join(modules, "judge.js"));
const { RubyVM } = (await import(pathToFileURL(resolve("@ruby/wasm-wasi")).href)) as Ruby;
const wasip1 = new WASI({ version: "preview1", returnOnExit: true, preopens: { "/": folder } });
// TypeScript knows this global only with a browser's types.
const { WebAssembly } = globalThis as unknown as {
  WebAssembly: { compile(binary: Uint8Array): Promise<object> };
};
const binary = await readFile(resolve("@ruby/3.4-wasm-wasi/dist/ruby+stdlib.wasm"));
const module = await WebAssembly.compile(binary);
const { vm } = await RubyVM.instantiateModule({ module, wasip1, args: ["ruby.wasm", "-W0"] });
vm.eval('load "/judge.rb"; File.write("/traces.json", judge(File.read("/programs.json")))');
