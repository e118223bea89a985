/**
 * What a program pays for: four programs, bundled as esbuild does it for users, minified and gzipped.
 *
 *     npm run size [-- --modules 15]
 *
 * The biggest modules of each are the sources, before they become one file; so their sum is not
 * the size of the bundle, but says where it comes from.
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const DIST = fileURLToPath(new URL("../dist", import.meta.url));
const SRC = fileURLToPath(new URL("../src", import.meta.url));

const fiber = `
  const fiber = new Fiber(function* () { yield* Fiber.yield(1); });
  console.log(fiber.resume());`;
const structured = `
  await run(function* () {
    yield* scope(function* () { spawn(function* () { yield* sleep(1); }); });
  });`;

/** With all that `Fiber` alone brings; the last one is the whole entry. */
const PROGRAMS = {
  Fiber: `import { Fiber } from "fibril"; ${fiber}`,
  "run, spawn, sleep": `import { run, sleep, spawn } from "fibril";
    await run(function* () { yield* spawn(function* () { yield* sleep(1); }); });`,
  "run, spawn, sleep, scope": `import { run, scope, sleep, spawn } from "fibril"; ${structured}`,
  everything: `export * from "fibril";`,
};
// The sum of what a structured program uses and a channel, once there are channels.
const { Channel } = await import("fibril");
if (Channel !== undefined) {
  PROGRAMS["the same and Channel"] = `import { Channel, run, scope, sleep, spawn } from "fibril";
    ${structured} console.log(Channel);`;
}

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

const { values } = parseArgs({ options: { modules: { type: "string", default: "8" } } });
for (const [name, program] of Object.entries(PROGRAMS)) {
  const { outputFiles } = await bundled(program, `${DIST}/index.js`);
  const { contents } = outputFiles[0];
  const zipped = gzipSync(contents, { level: 9 }).length;
  console.log(`${name.padEnd(26)} ${kilobytes(contents.length)}  gzip ${kilobytes(zipped)}`);
  const { metafile } = await bundled(program, `${SRC}/index.ts`);
  const modules = Object.entries(Object.values(metafile.outputs)[0].inputs)
    .map(([file, { bytesInOutput }]) => [file.replace(/^.*\/src\//, ""), bytesInOutput])
    .toSorted((a, b) => b[1] - a[1]);
  for (const [file, bytes] of modules.slice(0, Number(values.modules))) {
    console.log(`    ${file.padEnd(28)} ${String(bytes).padStart(5)}`);
  }
}
