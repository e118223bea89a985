// Puts the page's script, with just the parts of the chart library that it uses, and its style into
// dist/page: the published package makes reports without a bundler.
import { copyFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

await build({
  entryPoints: [here("main.ts"), here("page.css")],
  outdir: here("../dist/page"),
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2020",
  // The chart library's licence asks to be named where its code is.
  legalComments: "inline",
  logLevel: "warning",
});
await copyFile(here("index.html"), here("../dist/page/index.html"));
