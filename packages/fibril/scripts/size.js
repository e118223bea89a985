/**
 * What a program pays for: the programs of budgets.json, bundled as esbuild does it for users, minified and
 * gzipped; once with the texts of errors and once without (`fibril-slim`). The budgets there are bytes, and
 * test/package.test.ts holds every program to them.
 *
 *     npm run size [-- --modules 15]
 *
 * The biggest modules of each are the sources, before they become one file; so their sum is not
 * the size of the bundle, but says where it comes from.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const DIST = fileURLToPath(new URL("../dist", import.meta.url));
const SRC = fileURLToPath(new URL("../src", import.meta.url));
const PROGRAMS = JSON.parse(readFileSync(new URL("budgets.json", import.meta.url), "utf8"));

const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1).padStart(6)} KB`;

async function bundled(program, alias) {
  return build({
    stdin: { contents: program, resolveDir: DIST },
    alias: { fibril: alias },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    metafile: true,
    write: false,
  });
}

async function sizes(program, alias) {
  const { contents } = (await bundled(program, alias)).outputFiles[0];
  const zipped = gzipSync(contents, { level: 9 }).length;
  return `${kilobytes(contents.length)}  gzip ${kilobytes(zipped)}`;
}

const { values } = parseArgs({ options: { modules: { type: "string", default: "8" } } });
for (const [name, { program }] of Object.entries(PROGRAMS)) {
  const full = await sizes(program, `${DIST}/index.js`);
  const slim = await sizes(program, `${DIST}/slim/index.js`);
  console.log(`${name.padEnd(26)} ${full}   slim ${slim}`);
  const { metafile } = await bundled(program, `${SRC}/index.ts`);
  const modules = Object.entries(Object.values(metafile.outputs)[0].inputs)
    .map(([file, { bytesInOutput }]) => [file.replace(/^.*\/src\//, ""), bytesInOutput])
    .toSorted((a, b) => b[1] - a[1]);
  for (const [file, bytes] of modules.slice(0, Number(values.modules))) {
    console.log(`    ${file.padEnd(28)} ${String(bytes).padStart(5)}`);
  }
}
