/** Every operation on files, called off at each of its moments: nothing is left, and nothing hangs. */
import assert from "node:assert/strict";
import fs, { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { yieldNow } from "fibril";
import { lines, open, readFile, replaceFile, tempDir, walk, watch, writeFile } from "@fibril/node";
import { inFolder, STOPS, stopped } from "./support/folder.ts";
import { leavesNothing } from "./support/open.ts";
import { holds } from "./support/streams.ts";

// The system's line of changes is opened with the first watcher, and stays open.
fs.watch(".").close();

/** Operations that are called off at each of their moments. */
const OPERATIONS: Readonly<Record<string, (folder: string) => Generator<any, unknown, any>>> = {
  *readFile(folder) {
    yield* readFile(join(folder, "large"));
  },
  *writeFile(folder) {
    yield* writeFile(join(folder, "other"), Buffer.alloc(2_000_000));
  },
  *"open, write, end and read"(folder) {
    const file = yield* open(join(folder, "other"), { flags: "w+" });
    const writer = file.writer();
    for (let n = 0; n < 5; n++) yield* writer.write("x".repeat(100_000));
    yield* writer.end();
    yield* file.sync();
    yield* file.readAt(0, 10);
    yield* file.reader({ start: 0 }).read(200_000);
  },
  *lines(folder) {
    yield* lines(join(folder, "large")).each(() => yieldNow());
  },
  *walk(folder) {
    yield* walk(folder, { follow: true }).each(() => yieldNow());
  },
  *watch(folder) {
    const changes = watch(folder);
    yield* writeFile(join(folder, "other"), "x");
    yield* changes.receive();
  },
  *tempDir(parent) {
    const folder = yield* tempDir({ parent, prefix: "mine-" });
    yield* writeFile(join(folder, "x"), "x");
  },
};

for (const [name, operation] of Object.entries(OPERATIONS)) {
  for (const how of STOPS) {
    test(`${how} at every moment: ${name}`, async (t) => {
      leavesNothing(t);
      await inFolder(function* (folder) {
        yield* writeFile(join(folder, "large"), "line\n".repeat(300_000));
        fs.mkdirSync(join(folder, "a/b"), { recursive: true });
        for (let turns = 0; turns < 20; turns++) {
          yield* stopped(how, turns, () => operation(folder));
        }
        // Where a fiber may not wait, what it leaves is removed a little later.
        yield* holds(
          () => readdirSync(folder).filter((name) => name.startsWith("mine-")).length === 0,
        );
      });
    });
  }
}

for (const how of STOPS) {
  test(`${how} at every moment: replaceFile leaves the old content or the new, and nothing else`, async (t) => {
    leavesNothing(t);
    const seen = new Set<string>();
    await inFolder(function* (folder) {
      const path = join(folder, "x");
      for (let turns = 0; turns < 30; turns++) {
        yield* writeFile(path, "old");
        yield* stopped(how, turns, function* () {
          yield* replaceFile(path, function* (writer) {
            yield* writer.write("new");
          });
        });
        yield* holds(() => readdirSync(folder).join() === "x");
        seen.add(yield* readFile(path, "utf8"));
      }
    });
    for (const each of seen) assert.match(each, /^(old|new)$/);
  });
}
