/**
 * Runs the test suites of two projects that are made of generators, as they are and compiled with `all`, and lists
 * the tests whose outcomes differ. The checkouts and `--modules`, a folder with expect, jest-mock, redux@4, mitt@1 and
 * @sinonjs/fake-timers, are given:
 *
 *     node packages/compiler/scripts/projects.js --modules ../tools --redux-saga ../redux-saga
 *     node packages/compiler/scripts/projects.js --modules ../tools --effection ../effection --continuation ../continuation
 *
 * Effection needs the tag v0.1.5 of thefrontside/continuation.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import fibril from "../dist/plugin-esbuild.js";

const { values } = parseArgs({
  options: {
    modules: { type: "string" },
    "redux-saga": { type: "string" },
    effection: { type: "string" },
    continuation: { type: "string" },
  },
});
const folder = mkdtempSync(join(fileURLToPath(new URL("..", import.meta.url)), "build/projects-"));

/** The parts of Jest that the suites use, on Node's test runner. Tests of one file run one after the other. */
const JEST = join(folder, "jest.mjs");
const modules = [join(resolve(values.modules), "node_modules")];
// The bundle also has CommonJS, which asks for Node's own modules.
const banner = {
  js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url), __dirname = import.meta.dirname;',
};
writeFileSync(
  join(folder, "parts.mjs"),
  `import * as runner from "node:test";
import { expect } from "expect";
import * as mock from "jest-mock";
import timers from "@sinonjs/fake-timers";
let clock;
const restore = () => { clock?.uninstall(); clock = undefined; };
const jest = {
  fn: mock.fn,
  useFakeTimers: () => { restore(); clock = timers.install(); },
  useRealTimers: restore,
  advanceTimersByTime: (ms) => clock.tick(ms),
};
const { describe, it, beforeEach, afterEach } = runner;
const test = Object.assign(runner.test, { each: undefined });
export { describe, it, test, beforeEach, afterEach, expect, jest, mock };
export const expectType = () => undefined;
export function assert(value, message) { if (!value) throw new Error(message); }
`,
);
await build({
  entryPoints: [join(folder, "parts.mjs")],
  outfile: JEST,
  bundle: true,
  platform: "node",
  format: "esm",
  nodePaths: modules,
  banner,
});
/** What is injected gives its exports to every file that uses the names without an import. */
const INJECTED = join(folder, "injected.mjs");
writeFileSync(
  INJECTED,
  `export { describe, it, test, beforeEach, afterEach, expect, jest } from ${JSON.stringify(JEST)};`,
);

async function compare(name, root, tests, pattern, alias) {
  const files = readdirSync(join(root, tests), { recursive: true, encoding: "utf8" })
    .filter((each) => pattern.test(each))
    .map((each) => join(root, tests, each));
  let count = 0;
  let differences = 0;
  let failed = 0;
  for (const file of files) {
    const [plain, compiled] = await Promise.all([run(file, false, alias), run(file, true, alias)]);
    count += plain.size;
    for (const [title, passed] of plain) {
      if (!passed) failed++;
      if (compiled.get(title) === passed) continue;
      differences++;
      console.log(`${basename(file)}: ${title}: ${passed ? "passed" : "failed"} plainly only`);
    }
  }
  console.log(
    `${name}: ${count} tests in ${files.length} files, ${failed} fail either way, ${differences} differ`,
  );
  if (differences > 0 || count === 0) process.exitCode = 1;
}

async function run(file, compiled, alias) {
  const output = join(folder, `${basename(file)}-${compiled}.mjs`);
  const paths = {
    name: "paths",
    setup(bundle) {
      bundle.onResolve({ filter: /.*/ }, ({ path, kind }) => {
        if (kind === "entry-point") return null;
        const target = path === JEST ? path : alias(path);
        return target === undefined ? null : { path: target, external: target === JEST };
      });
    },
  };
  await build({
    entryPoints: [file],
    outfile: output,
    bundle: true,
    platform: "node",
    format: "esm",
    inject: [INJECTED],
    nodePaths: modules,
    loader: { ".js": "jsx" },
    banner,
    define: { "process.env.NODE_ENV": '"development"' },
    conditions: ["development"],
    external: ["@fibril/compiler/*"],
    plugins: compiled ? [paths, fibril({ all: true })] : [paths],
    logLevel: "error",
  });
  const args = ["--test-timeout=20000", "--test-reporter=tap", output];
  const { stdout } = spawnSync(process.execPath, ["--test", ...args], {
    encoding: "utf8",
    timeout: 120_000,
  });
  const found = new Map();
  for (const [, not, title] of stdout.matchAll(/^ *(not )?ok \d+ - (.*)$/gm)) {
    if (title !== output) found.set(title.replace(/ # .*/, ""), not === undefined);
  }
  return found;
}

try {
  if (values["redux-saga"] !== undefined) {
    const root = resolve(values["redux-saga"]);
    await compare("redux-saga", root, "packages/core/__tests__", /\.js$/, (path) => {
      const own = /^@redux-saga\/(is|symbols|deferred|delay-p|core)$/.exec(path)?.[1];
      return own === undefined ? undefined : join(root, `packages/${own}/src/index.js`);
    });
  }
  if (values.effection !== undefined) {
    const root = resolve(values.effection);
    await compare("Effection", root, "test", /^(?!main)[\w-]+\.test\.ts$/, (path) => {
      if (path.includes("/x/continuation@")) return join(resolve(values.continuation), "mod.ts");
      return path.startsWith("https:") ? JEST : undefined;
    });
  }
} finally {
  rmSync(folder, { recursive: true });
}
