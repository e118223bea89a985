/** What is in folders, and what changes there. */
import assert from "node:assert/strict";
import fs from "node:fs";
import { join, relative } from "node:path";
import { test } from "node:test";
import { run, scope, spawn, yieldNow } from "fibril";
import { tempDir, walk, type WalkOptions, watch } from "@fibril/node";
import { leavesNothing } from "./support/open.ts";
import { caught, holds } from "./support/streams.ts";

// The system's line of changes is opened with the first watcher, and stays open.
fs.watch(".").close();

/** `b/` is a folder, `c -> b` a link, and anything else a file. */
function inTree<T>(
  names: readonly string[],
  body: (folder: string) => Generator<any, T, any>,
): Promise<T> {
  return run(function* () {
    const folder = yield* tempDir();
    for (const name of names) {
      const [path, target] = name.split(" -> ") as [string, string?];
      if (target !== undefined) fs.symlinkSync(target, join(folder, path));
      else if (name.endsWith("/")) fs.mkdirSync(join(folder, name), { recursive: true });
      else fs.writeFileSync(join(folder, name), "");
    }
    return yield* body(folder);
  });
}

const TREE = [
  "b/",
  "a",
  "b/c/",
  "b/c/d",
  "b/A",
  "z -> b",
  "loop -> .",
  "lost -> nowhere",
  "b/up -> ../b/c",
];

function walked(options: WalkOptions = {}, names: readonly string[] = TREE): Promise<string[]> {
  return inTree(names, function* (folder) {
    const seen: string[] = [];
    yield* walk(folder, options).each(({ path, name, kind, depth }) => {
      const place = relative(folder, path);
      assert.deepEqual([place.split("/").length, place.split("/").at(-1)], [depth, name]);
      seen.push(`${place} ${kind}`);
    });
    return seen;
  });
}

test("each folder comes before its content, in the order of the names, and links are not followed", async (t) => {
  leavesNothing(t);
  assert.deepEqual(await walked(), [
    "a file",
    "b folder",
    "b/A file",
    "b/c folder",
    "b/c/d file",
    "b/up link",
    "loop link",
    "lost link",
    "z link",
  ]);
});

test("links are followed, but not in a circle, and one that leads nowhere is a link", async (t) => {
  leavesNothing(t);
  assert.deepEqual(await walked({ follow: true }), [
    "a file",
    "b folder",
    "b/A file",
    "b/c folder",
    "b/c/d file",
    "b/up folder",
    "b/up/d file",
    "loop folder",
    "lost link",
    "z folder",
    "z/A file",
    "z/c folder",
    "z/c/d file",
    "z/up folder",
    "z/up/d file",
  ]);
});

test("the depth is limited, and folders are left out", async (t) => {
  leavesNothing(t);
  const tree = ["a/", "a/b/", "a/b/c", "skip/", "skip/d"];
  assert.deepEqual(await walked({ depth: 1 }, tree), ["a folder", "skip folder"]);
  assert.deepEqual(await walked({ depth: 2 }, tree), [
    "a folder",
    "a/b folder",
    "skip folder",
    "skip/d file",
  ]);
  const enter: WalkOptions["enter"] = ({ name }) => name !== "skip";
  assert.deepEqual(await walked({ enter }, tree), [
    "a folder",
    "a/b folder",
    "a/b/c file",
    "skip folder",
  ]);
  assert.deepEqual(await walked({}, []), []);
});

test("what enter throws is thrown, and the walk goes on behind it", async (t) => {
  leavesNothing(t);
  await inTree(["a/", "a/b", "c"], function* (folder) {
    const files = walk(folder, {
      enter() {
        throw new Error("no entry");
      },
    });
    assert.equal((yield* files.read())?.name, "a");
    assert.equal(yield* caught(() => files.read()), "no entry");
    assert.equal((yield* files.read())?.name, "c");
    assert.equal(yield* files.read(), undefined);
  });
});

test("a folder that cannot be read is an error, nothing, or what a function makes of it", async (t) => {
  leavesNothing(t);
  const told: string[] = [];
  const policies: readonly [WalkOptions["onError"], string][] = [
    ["throw", "ENOENT"],
    [undefined, "ENOENT"],
    ["skip", "b"],
    [
      (error, path) => void told.push(`${(error as NodeJS.ErrnoException).code} ${path.at(-1)}`),
      "b",
    ],
    [
      (_error, path) => {
        throw new Error(`no ${path.at(-1)}`);
      },
      "no a",
    ],
  ];
  for (const follow of [false, true]) {
    for (const [onError, result] of policies) {
      await inTree(["a/", "b"], function* (folder) {
        const files = walk(folder, { follow, onError });
        yield* files.read();
        // It has gone between the list and the entry.
        fs.rmdirSync(join(folder, "a"));
        let name: string | undefined;
        const code = yield* caught(function* () {
          name = (yield* files.read())?.name;
        } as never);
        assert.equal(code === "nothing" ? name : code, result);
      });
    }
  }
  assert.deepEqual(told, ["ENOENT a", "ENOENT a"]);
});

test("the folder itself has to be there, whatever is skipped, and has to be one", async (t) => {
  leavesNothing(t);
  await inTree(["file"], function* (folder) {
    for (const follow of [false, true]) {
      const options = { onError: "skip", follow } as const;
      assert.equal(yield* caught(() => walk(join(folder, "none"), options).read()), "ENOENT");
      const file = walk(join(folder, "file"), options);
      assert.equal(yield* caught(() => file.read()), "ENOTDIR");
      assert.equal(yield* caught(() => file.read()), "ENOTDIR");
    }
    const closed = walk(folder);
    closed.close();
    assert.equal(yield* caught(() => closed.read()), "closed");
  });
});

test("paths begin as the one that was given", async () => {
  await inTree(["a"], function* (folder) {
    assert.equal((yield* walk(`${folder}/`).read())?.path, `${folder}/a`);
    assert.equal((yield* walk(folder).read())?.path, join(folder, "a"));
  });
});

test("what changes in a folder is told, until its scope ends", async (t) => {
  leavesNothing(t);
  await inTree([], function* (folder) {
    let closed = false;
    yield* scope(function* () {
      const changes = watch(folder);
      fs.writeFileSync(join(folder, "news"), "x");
      const change = yield* changes.receive();
      assert.deepEqual(change, { type: "rename", name: "news" });
      spawn(function* () {
        yield* changes.each(() => {});
        closed = true;
      });
      yield* yieldNow();
      changes.close();
    });
    assert.equal(closed, true);
  });
});

test("changes that nobody receives are an error, or are forgotten", async (t) => {
  leavesNothing(t);
  await inTree([], function* (folder) {
    const fails = watch(folder, { capacity: 2 });
    const slides = watch(folder, { capacity: 2, overflow: "sliding" });
    const drops = watch(folder, { capacity: 2, overflow: "dropping" });
    for (let n = 0; n < 10; n++) fs.mkdirSync(join(folder, String(n)));
    yield* holds(() => fails.closed && slides.stats().dropped >= 8 && drops.stats().dropped >= 8);
    assert.deepEqual(
      [(yield* slides.receive())?.name, (yield* slides.receive())?.name],
      ["8", "9"],
    );
    assert.deepEqual([(yield* drops.receive())?.name, (yield* drops.receive())?.name], ["0", "1"]);
    yield* fails.receive();
    yield* fails.receive();
    assert.equal(yield* caught(() => fails.receive()), "overflow");
  });
});

test("folders below are watched if that is asked for", async (t) => {
  leavesNothing(t);
  await inTree(["a/"], function* (folder) {
    const changes = watch(folder, { recursive: true });
    // On Linux, Node looks for the folders below after the call.
    const writing = setInterval(() => fs.writeFileSync(join(folder, "a/b"), "x"), 5);
    try {
      let name: string | null | undefined;
      while (name !== join("a", "b")) name = (yield* changes.receive())?.name;
    } finally {
      clearInterval(writing);
    }
  });
});
