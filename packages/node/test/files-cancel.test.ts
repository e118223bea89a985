/** Every operation on files, called off at each of its moments: nothing is left, and nothing hangs. */
import assert from "node:assert/strict";
import fs from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { yieldNow } from "fibril";
import { lines, open, readFile, replaceFile, tempDir, walk, watch, writeFile } from "@fibril/node";
import { calledOff, inFolder } from "./support/folder.ts";
import { leavesNothing } from "./support/open.ts";

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
  *tempDir() {
    const folder = yield* tempDir();
    yield* writeFile(join(folder, "x"), "x");
  },
};

for (const [name, operation] of Object.entries(OPERATIONS)) {
  test(`called off at every moment: ${name}`, async (t) => {
    leavesNothing(t);
    await inFolder(function* (folder) {
      yield* writeFile(join(folder, "large"), "line\n".repeat(300_000));
      fs.mkdirSync(join(folder, "a/b"), { recursive: true });
      for (let turns = 0; turns < 25; turns++) yield* calledOff(turns, () => operation(folder));
    });
  });
}

test("called off at every moment: replaceFile leaves the old content or the new, and nothing else", async (t) => {
  leavesNothing(t);
  const seen = new Set<string>();
  await inFolder(function* (folder) {
    const path = join(folder, "x");
    for (let turns = 0; turns < 40; turns++) {
      yield* writeFile(path, "old");
      yield* calledOff(
        turns,
        () =>
          replaceFile(path, function* (writer) {
            yield* writer.write("new");
          }) as unknown as Generator<any, unknown, any>,
      );
      seen.add(yield* readFile(path, "utf8"));
      assert.deepEqual(fs.readdirSync(folder), ["x"]);
    }
  });
  assert.deepEqual(
    [...seen].filter((each) => each !== "old" && each !== "new"),
    [],
  );
});
