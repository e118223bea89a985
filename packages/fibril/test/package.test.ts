/**
 * The package as programs install it: its types compile with the settings that programs have, and it can
 * be required. How older TypeScript resolves it is looked at by `npm run package`.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { type BuildOptions, build } from "esbuild";

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
const skip = "Bun" in globalThis || "Deno" in globalThis ? "npm and tsc are Node's" : false;

const PROGRAM = `
import { type Cancelled, Fiber, run, scope, sleep, spawn } from "fibril";
import { frames } from "fibril/frames";
import { sourcePositions } from "fibril/inspect";
import { VirtualHost } from "fibril/testing";
const counter = new Fiber(function* (start: number) {
  for (let n = start; ; n += yield* Fiber.yield<number>(n));
});
export const first: number = counter.resume(1);
export const result: Promise<number | undefined> = run({ host: new VirtualHost() }, function* () {
  return yield* scope(function* () {
    yield* spawn("child", sleep, 1);
    return 5;
  });
});
export const who = (error: Cancelled): Fiber => error.fiber;
export const others: unknown[] = [frames, sourcePositions];
`;

const DISPOSES = `
import { run } from "fibril";
export async function work(): Promise<void> {
  await using task = run(function* () {});
  await task;
}
`;

/** Made once, by the first test that needs it. */
let program: string | undefined;

/** A folder in which the packed package is installed. */
function folder(): string {
  if (program !== undefined) return program;
  program = mkdtempSync(join(tmpdir(), "fibril-package-"));
  const installed = join(program, "node_modules/fibril");
  mkdirSync(installed, { recursive: true });
  execFileSync("npm", ["pack", "--silent", "--pack-destination", program], {
    cwd: join(ROOT, "packages/fibril"),
  });
  const packed = readdirSync(program).find((name) => name.endsWith(".tgz")) as string;
  execFileSync("tar", ["xzf", join(program, packed), "-C", installed, "--strip-components=1"]);
  return program;
}

after(() => {
  if (program !== undefined) rmSync(program, { recursive: true });
});

function compile(file: string, code: string, options: object): void {
  const at = folder();
  const compilerOptions = {
    strict: true,
    skipLibCheck: false,
    target: "es2022",
    module: "nodenext",
    types: [],
    outDir: at,
    ...options,
  };
  writeFileSync(join(at, file), code);
  writeFileSync(join(at, "tsconfig.json"), JSON.stringify({ compilerOptions, files: [file] }));
  try {
    execFileSync(join(ROOT, "node_modules/.bin/tsc"), ["-p", at], { encoding: "utf8" });
  } catch (error) {
    assert.fail((error as { stdout: string }).stdout);
  }
}

const SETTINGS: readonly [name: string, options: object][] = [
  ["lib es2022 and nothing else", { lib: ["es2022"] }],
  ["optional properties that are exact", { lib: ["es2022"], exactOptionalPropertyTypes: true }],
  ["the DOM's types", { lib: ["es2022", "dom"] }],
  ["a bundler's resolution", { lib: ["es2022"], module: "esnext", moduleResolution: "bundler" }],
];

for (const [name, options] of SETTINGS) {
  test(`a program with ${name} compiles`, { skip }, () => {
    compile("program.mts", PROGRAM, options);
  });
}

test("a run is disposable for programs that know the symbol", { skip }, () => {
  compile("disposes.mts", DISPOSES, { lib: ["es2022", "esnext.disposable"] });
});

test("a CommonJS program compiles and runs", { skip }, () => {
  compile("program.cts", PROGRAM, { lib: ["es2022"] });
  const print = "require('./program.cjs').result.then((value) => console.log(value))";
  const printed = execFileSync(process.execPath, ["-e", print], {
    cwd: folder(),
    encoding: "utf8",
  });
  assert.equal(printed, "5\n");
});

test(
  "the code is one file and its entries; nothing that only tests need is packed",
  { skip },
  () => {
    const packed = readdirSync(join(folder(), "node_modules/fibril"), {
      recursive: true,
      encoding: "utf8",
    });
    assert.deepEqual(packed.filter((name) => name.endsWith(".js")).toSorted(), [
      "dist/cron.js",
      "dist/direct.js",
      "dist/extend.js",
      "dist/fibril.js",
      "dist/frames.js",
      "dist/index.js",
      "dist/inspect.js",
      "dist/slim/direct.js",
      "dist/slim/extend.js",
      "dist/slim/fibril.js",
      "dist/slim/frames.js",
      "dist/slim/index.js",
      "dist/slim/inspect.js",
      "dist/slim/testing/index.js",
      "dist/testing/index.js",
    ]);
  },
);

test("the source map leads to sources that are packed", { skip }, () => {
  for (const [name, run] of [
    ["dist", "../src/run.ts"],
    ["dist/slim", "../../src/run.ts"],
  ] as const) {
    const dist = join(folder(), "node_modules/fibril", name);
    const map = JSON.parse(readFileSync(join(dist, "fibril.js.map"), "utf8")) as {
      sources: string[];
    };
    assert.ok(map.sources.includes(run));
    for (const source of map.sources) assert.ok(existsSync(join(dist, source)), source);
  }
});

/** What a user's bundler makes of a program. */
async function bundled(program: string, options: BuildOptions = {}): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: folder() },
    bundle: true,
    format: "esm",
    write: false,
    ...options,
  });
  return outputFiles?.[0]?.text ?? assert.fail("nothing was built");
}

test("a program's bundle leaves out what the program does not use", { skip }, async () => {
  const fiber = await bundled('import { Fiber } from "fibril"; console.log(Fiber.current);');
  const everything = await bundled('export * from "fibril";');
  // A table of rules, a class with a static block, a scheduler: each is there when it is wanted.
  for (const text of ["rest-for-one", "Task = class", "Scheduler = class"]) {
    assert.ok(everything.includes(text), text);
    assert.ok(!fiber.includes(text), text);
  }
  assert.ok(fiber.length < everything.length / 2, `${fiber.length} of ${everything.length}`);
});

/** Bytes, minified and gzipped, with the texts of errors and without. A budget is raised on purpose only. */
const BUDGETS = Object.entries(
  JSON.parse(readFileSync(join(ROOT, "packages/fibril/scripts/budgets.json"), "utf8")) as Readonly<
    Record<string, { program: string; full: number; slim: number }>
  >,
);

for (const [name, { program, ...budgets }] of BUDGETS) {
  for (const [kind, budget] of Object.entries(budgets)) {
    test(`${name} (${kind}) is at most ${budget} bytes`, { skip }, async () => {
      const conditions = kind === "slim" ? ["fibril-slim"] : [];
      const bundle = await bundled(program, { minify: true, target: "es2022", conditions });
      const { length } = gzipSync(bundle, { level: 9 });
      assert.ok(length <= budget, `${length} bytes`);
    });
  }
}

/** Prints an error that has a code and one that has none; and whether the entries share one copy. */
const MISUSES = `
import { Fiber } from "fibril";
import { VirtualHost } from "fibril/testing";
for (const misuse of [() => new Fiber(function* () {}).cancel(), () => new Fiber(5)]) {
  try { misuse(); } catch ({ name, code, message }) { console.log(name, code, message); }
}
console.log(new Fiber(function* () {}) instanceof Fiber, typeof VirtualHost);
`;

test(
  "under the condition fibril-slim, an error says its code and where it is explained",
  { skip },
  () => {
    writeFileSync(join(folder(), "misuses.mjs"), MISUSES);
    const printed = execFileSync(process.execPath, ["--conditions=fibril-slim", "misuses.mjs"], {
      cwd: folder(),
      encoding: "utf8",
    });
    assert.deepEqual(printed.split("\n"), [
      "FiberError unscheduled see docs/errors.md#unscheduled of fibril",
      "TypeError undefined see docs/errors.md#arguments of fibril",
      "true function",
      "",
    ]);
  },
);

test("every code of an error is explained, and no other", () => {
  const source = readFileSync(join(ROOT, "packages/fibril/src/core/kernel/errors.ts"), "utf8");
  const [, union = ""] = /export type FiberErrorCode =([^;]*);/.exec(source) ?? [];
  const codes = [...union.matchAll(/"([^"]+)"/g)].map(([, code = ""]) => code);
  const document = readFileSync(join(ROOT, "docs/errors.md"), "utf8");
  const explained = [...document.matchAll(/^### (.*)$/gm)].map(([, code = ""]) => code);
  assert.ok(codes.length > 40);
  assert.deepEqual(explained.toSorted(), codes.toSorted());
});

test(
  "in a bundle, the stack of an error has the program's lines and none of the library's",
  { skip },
  async () => {
    const code = await bundled(`
    import { call, Mutex, run, scope, spawn, yieldNow } from "fibril";
    import { frames, perform, RAISE, START } from "fibril/frames";
    const opened = frames("opens", function opens(frame, how) {
      if (how === START) return perform(yieldNow());
      throw new Error("no such file");
    });
    const loaded = frames("loads", function loads(frame, how, value) {
      if (how === RAISE) throw value;
      return perform(call(opened));
    });
    export default await run(function* serves() {
      yield* scope(function* () {
        spawn("child", () => new Mutex().with(loaded));
      });
    }).catch((error) => error.stack);
  `);
    const file = join(folder(), "bundle-stack.js");
    writeFileSync(file, code);
    const { default: stack } = (await import(pathToFileURL(file).href)) as { default: string };
    const lines = stack
      .split("\n")
      .map((line) => line.replace(/ ?\(?[^ (]*bundle-stack\.js:\d+:\d+\)?$/, ""));
    assert.deepEqual(lines, [
      "Error: no such file",
      "    at opens",
      "    in loads",
      '    in fiber "child", spawned by fiber "serves"',
      "    in serves",
      '    in fiber "serves"',
    ]);
  },
);
