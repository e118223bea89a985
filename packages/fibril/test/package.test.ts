/**
 * The package as programs install it: its types compile with the settings that programs have, and it can
 * be required. How older TypeScript resolves it is looked at by `npm run package`.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

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
