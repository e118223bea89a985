/** Files that are replaced, and folders for the time being. */
import assert from "node:assert/strict";
import fs from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Op, run, type Routine, scope, spawn, until, yieldNow } from "fibril";
import { readFile, replaceFile, tempDir, writeFile } from "@fibril/node";
import { inFolder } from "./support/folder.ts";
import { leavesNothing } from "./support/open.ts";
import { caught } from "./support/streams.ts";

const names = (folder: string): string[] => fs.readdirSync(folder).toSorted();

test("replaceFile makes a file, and replaces its content but not its permissions", async (t) => {
  leavesNothing(t);
  await inFolder(function* (folder) {
    const path = join(folder, "x");
    yield* replaceFile(path, "one", { mode: 0o640 });
    assert.equal(fs.statSync(path).mode & 0o7777, 0o640);
    fs.chmodSync(path, 0o604);
    yield* replaceFile(path, Buffer.from("two"));
    assert.equal(fs.statSync(path).mode & 0o7777, 0o604);
    yield* replaceFile(path, function* (writer) {
      for (let n = 0; n < 100; n++) yield* writer.write("x".repeat(10_000));
    });
    assert.equal(fs.statSync(path).size, 1_000_000);
    const long = join(folder, "ü€😀".repeat(20));
    yield* replaceFile(long, "x");
    fs.rmSync(long);
    yield* replaceFile(path, function* (writer) {
      yield* writer.write("three");
      yield* writer.end();
    });
    assert.equal(yield* readFile(path, "utf8"), "three");
    assert.deepEqual(names(folder), ["x"]);
  });
});

test("a link stays a link, and what it leads to is replaced", async (t) => {
  leavesNothing(t);
  await inFolder(function* (folder) {
    const [path, link] = [join(folder, "x"), join(folder, "link")];
    yield* writeFile(path, "old");
    fs.symlinkSync("x", link);
    yield* replaceFile(link, "new");
    assert.equal(fs.readlinkSync(link), "x");
    assert.equal(yield* readFile(path, "utf8"), "new");
    assert.equal(
      yield* caught(() => replaceFile(folder, "")),
      `replaceFile replaces files, and ${folder} is not a file`,
    );
  });
});

test("a routine that fails leaves the old content, and nothing else", async (t) => {
  leavesNothing(t);
  await inFolder(function* (folder) {
    const path = join(folder, "x");
    yield* writeFile(path, "old");
    const code = yield* caught(() =>
      replaceFile(path, function* (writer) {
        yield* writer.write("new");
        throw new Error("half-way");
      }),
    );
    assert.equal(code, "half-way");
    const aborts = yield* caught(() =>
      replaceFile(path, function* (writer) {
        yield* writer.write("new");
        writer.abort();
      }),
    );
    assert.equal(aborts, "closed");
    const asynchronous = yield* caught(() => replaceFile(path, (async () => {}) as never));
    assert.match(asynchronous, /must be a generator function/);
    assert.equal(yield* readFile(path, "utf8"), "old");
    assert.deepEqual(names(folder), ["x"]);
  });
});

test("whoever reads while a file is replaced sees all of one content", async (t) => {
  leavesNothing(t);
  await inFolder(function* (folder) {
    const path = join(folder, "x");
    const content = (n: number): string => String(n % 10).repeat(100_000);
    yield* writeFile(path, content(0));
    const writer = spawn(function* () {
      for (let n = 1; n <= 20; n++) yield* replaceFile(path, content(n));
    });
    while (writer.alive) {
      const seen = yield* readFile(path, "utf8");
      assert.equal(seen, seen[0]!.repeat(100_000));
    }
    yield* writer;
  });
});

test("a folder for the time being goes with its scope, however that ends", async (t) => {
  leavesNothing(t);
  const folders: string[] = [];
  function* work(ends: () => Waited): Routine<void> {
    const folder = yield* tempDir();
    folders.push(folder);
    fs.mkdirSync(join(folder, "a/b"), { recursive: true });
    yield* writeFile(join(folder, "a/b/c"), "x");
    yield* ends();
  }
  type Waited = Generator<any, void, any>;
  const never = function* (): Waited {
    yield* until(new Promise(() => {}));
  };
  await run(function* () {
    yield* scope(() => work(function* () {}));
    yield* caught(
      () =>
        scope(() =>
          work(function* (): Waited {
            yield* yieldNow();
            throw new Error("no");
          }),
        ) as Op<void>,
    );
    for (const stop of ["cancel", "now", "kill"] as const) {
      const fiber = spawn(() => scope(() => work(never)));
      const count = folders.length;
      while (folders.length === count) yield* until(new Promise((wakes) => setTimeout(wakes, 1)));
      yield* until(new Promise((wakes) => setTimeout(wakes, 5)));
      if (stop === "kill") fiber.kill();
      else fiber.cancel("enough", stop === "now" ? { grace: 0 } : {});
      for (let n = 0; n < 1_000 && fs.existsSync(folders.at(-1)!); n++) {
        yield* until(new Promise((wakes) => setTimeout(wakes, 2)));
      }
    }
  });
  assert.equal(folders.length, 5);
  assert.deepEqual(
    folders.filter((folder) => fs.existsSync(folder)),
    [],
  );
});
