/**
 * Compiled programs: when they are built, where they are kept, and what the error says if a build
 * fails.
 */
import assert from "node:assert/strict";
import { chmod, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { build, type Recipe } from "#lab/runtimes/build.js";
import { lab } from "./support.js";

const scratch = (): Promise<string> => mkdtemp(join(tmpdir(), "fibril-lab-"));

/** A compiler that records how often it was called, and then runs a script. */
async function recipe(script: string): Promise<Recipe & { called: () => Promise<number> }> {
  const folder = await scratch();
  const [log, source, command] = ["log", "source", "compiler"].map((name) => join(folder, name));
  await writeFile(source!, "1");
  await writeFile(command!, `#!/bin/sh\necho called >>${log}\n${script}\n`);
  await chmod(command!, 0o755);
  return {
    name: "tried",
    sources: [source!],
    version: "1",
    command: command!,
    args: (to) => [source!, to],
    called: async () => (await readFile(log!, "utf8")).split("\n").length - 1,
  };
}

/** With a cache of its own. */
async function cached<T>(body: (cache: string) => Promise<T>): Promise<T> {
  const before = process.env["XDG_CACHE_HOME"];
  const cache = await scratch();
  process.env["XDG_CACHE_HOME"] = cache;
  try {
    return await body(join(cache, "fibril-lab"));
  } finally {
    if (before === undefined) delete process.env["XDG_CACHE_HOME"];
    else process.env["XDG_CACHE_HOME"] = before;
  }
}

test("what has been built is built again when its source, its compiler or its flags change", () =>
  cached(async () => {
    const first = await recipe('cp "$1" "$2/made"');
    const folder = await build(first);
    assert.equal(await readFile(join(folder, "made"), "utf8"), "1");
    assert.equal(await build(first), folder);
    assert.equal(await first.called(), 1);
    assert.notEqual(await build({ ...first, version: "2" }), folder);
    assert.notEqual(await build({ ...first, args: (to) => [...first.args(to), "-O3"] }), folder);
    await writeFile(first.sources[0]!, "2");
    const changed = await build(first);
    assert.equal(await readFile(join(changed, "made"), "utf8"), "2");
    assert.equal(await first.called(), 4);
  }));

test("two labs that build at once have one outcome, and leave nothing half made", () =>
  cached(async (cache) => {
    const slow = await recipe('cp "$1" "$2/made"; sleep 0.1');
    const folders = await Promise.all([build(slow), build(slow), build(slow)]);
    assert.equal(new Set(folders).size, 1);
    assert.equal((await readdir(cache)).length, 1);
  }));

test("a program that cannot be built says why, and leaves nothing", () =>
  cached(async (cache) => {
    const broken = await recipe('echo "source:1: error: no such thing" >&2; exit 1');
    await assert.rejects(build(broken), /tried could not be built: source:1: error: no such thing/);
    assert.deepEqual(await readdir(cache), []);
  }));

test("a program that cannot be built: one line, the others go on, exit code 1", async () => {
  const folder = await scratch();
  const path = join(folder, "g++");
  const script = `case " $* " in *dump*) echo 99.0;; *" -E "*) ;; *) echo "x.cpp:1: error: no" >&2; exit 1;; esac`;
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  const args = [
    "scale",
    "--runtime",
    "cpp,generator",
    "--fibers",
    "10",
    "--count",
    "1000",
    "--repeats",
    "1",
  ];
  const { code, stdout, stderr } = await lab(args, { FIBRIL_CXX: path, XDG_CACHE_HOME: folder });
  assert.equal(code, 1);
  assert.match(stderr, /cpp sequential 10: cpp-coroutines could not be built: x\.cpp:1: error: no/);
  assert.match(stdout, /^generator$/m);
});
