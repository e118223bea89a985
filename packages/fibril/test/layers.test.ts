/** The rooms of the core: what may import what, and how high the house is. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, posix, relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const WORKSPACE = fileURLToPath(new URL("../../../..", import.meta.url));
const SOURCE = join(WORKSPACE, "packages/fibril/src");

/** What `index.ts` of the core stands on, floor by floor; types count. */
const FLOORS = 11;

async function importsOf(folder: string): Promise<Map<string, string[]>> {
  const graph = new Map<string, string[]>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith(".ts")) continue;
    const path = join(entry.parentPath, entry.name);
    const name = relative(folder, path).replaceAll("\\", "/");
    const text = await readFile(path, "utf8");
    const found = text.matchAll(/^(?:import|export)\b[^;]*? from "(\.[^"]+)\.js";/gms);
    const targets = [...found].map(([, to]) =>
      posix.normalize(posix.join(dirname(name), `${to}.ts`)),
    );
    graph.set(name, targets);
  }
  return graph;
}

test("the core has no circle, and no more floors than it had", async () => {
  const graph = await importsOf(join(SOURCE, "core"));
  const floors = new Map<string, number>();
  const floorOf = (name: string, above: readonly string[]): number => {
    assert.ok(!above.includes(name), `a circle: ${[...above, name].join(" → ")}`);
    const known = floors.get(name);
    if (known !== undefined) return known;
    const below = (graph.get(name) ?? []).map((each) => floorOf(each, [...above, name]));
    const floor = below.length === 0 ? 0 : 1 + Math.max(...below);
    floors.set(name, floor);
    return floor;
  };
  const highest = Math.max(...[...graph.keys()].map((name) => floorOf(name, [])));
  assert.ok(graph.size > 40, "the files of the core were found");
  assert.ok(highest + 1 <= FLOORS, `${highest + 1} floors`);
});

test("the library comes in through the door", async () => {
  for (const [name, targets] of await importsOf(SOURCE)) {
    if (name.startsWith("core/")) continue;
    const inside = targets.filter((to) => to.startsWith("core/") && to !== "core/index.ts");
    assert.deepEqual(inside, [], name);
  }
});

/** Files that the linter has to refuse, with what they import. */
const FORBIDDEN: readonly (readonly [file: string, from: string])[] = [
  ["core/ready", "../kernel/state.js"],
  ["core/kernel", "../fiber/join.js"],
  ["core/kernel", "../scope/scope.js"],
  ["core/kernel", "../../sleep.js"],
  ["core/fiber", "../scope/scope.js"],
  ["core/scope", "../fiber/join.js"],
  ["core/scope", "../schedule/task.js"],
  ["core/schedule", "../index.js"],
  ["core/schedule", "../../sleep.js"],
  [".", "./core/kernel/registers.js"],
  ["testing", "../core/kernel/state.js"],
];

const ALLOWED: readonly (readonly [file: string, from: string])[] = [
  ["core/schedule", "../scope/scope.js"],
  [".", "./core/index.js"],
];

test("the linter refuses an import against the layers, of a type as well", async (t) => {
  const workspace = await mkdtemp(join(tmpdir(), "fibril-layers-"));
  t.after(() => rm(workspace, { recursive: true, force: true }));
  const rules = JSON.parse(await readFile(join(WORKSPACE, ".oxlintrc.json"), "utf8")) as object;
  // Types are not needed for this, and the tool that knows them is not installed there.
  const config = { ...rules, options: { typeAware: false } };
  await writeFile(join(workspace, ".oxlintrc.json"), JSON.stringify(config));
  let count = 0;
  const write = async ([folder, from]: readonly [string, string]): Promise<string> => {
    const file = join("packages/fibril/src", folder, `probe-${count++}.ts`);
    await mkdir(dirname(join(workspace, file)), { recursive: true });
    const text = `import type * as each from "${from}";\nexport type All = typeof each;\n`;
    await writeFile(join(workspace, file), text);
    return file;
  };
  const bad = await Promise.all(FORBIDDEN.map(write));
  const good = await Promise.all(ALLOWED.map(write));
  const refused = await restrictedIn(workspace);
  for (const [index, file] of bad.entries()) {
    const [folder, from] = FORBIDDEN[index] as readonly [string, string];
    assert.ok(refused.has(file), `${folder} imports ${from}`);
  }
  for (const file of good) assert.ok(!refused.has(file), file);
});

/** The files in which the linter finds a restricted import. */
function restrictedIn(workspace: string): Promise<Set<string>> {
  const linter = join(WORKSPACE, "node_modules/oxlint/bin/oxlint");
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [linter, "--format", "json", "packages"],
      { cwd: workspace, maxBuffer: 2 ** 26 },
      (_error, stdout) => {
        try {
          const { diagnostics } = JSON.parse(stdout) as {
            diagnostics: { code: string; filename: string }[];
          };
          const found = diagnostics.filter(({ code }) => code.includes("no-restricted-imports"));
          resolve(new Set(found.map(({ filename }) => filename)));
        } catch (error) {
          reject(error);
        }
      },
    );
  });
}
