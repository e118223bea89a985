/**
 * A loader that switches the hand-copied fast paths off (src/core/kernel/fast-paths.ts), for a second run of
 * the tests: `npm run test:slow-paths`. It puts a build without them in the place of the published one.
 */
import { register } from "node:module";

const hooks = `
  import { readFile } from "node:fs/promises";
  export async function load(url, context, next) {
    if (!/\\/dist\\/fibril\\.js$/.test(url)) return next(url, context);
    const source = await readFile(new URL("../build/slow-paths/fibril.js", url));
    return { format: "module", shortCircuit: true, source };
  }
`;

register(`data:text/javascript,${encodeURIComponent(hooks)}`);
