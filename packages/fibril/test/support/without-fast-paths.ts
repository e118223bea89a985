/**
 * A loader that switches the hand-copied fast paths off (src/core/kernel/fast-paths.ts), for a second run of
 * the tests: `npm run test:slow-paths`.
 */
import { register } from "node:module";

const hooks = `
  export async function load(url, context, next) {
    if (!/\\/core\\/kernel\\/fast-paths\\.js$/.test(url)) return next(url, context);
    return { format: "module", shortCircuit: true, source: "export const FAST_PATHS = false;" };
  }
`;

register(`data:text/javascript,${encodeURIComponent(hooks)}`);
