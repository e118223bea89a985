/** Files: whole, open, and replaced. */
import assert from "node:assert/strict";
import fs from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { type Op, pipe, run, scope, spawn, yieldNow } from "fibril";
import { lines, open, readFile, replaceFile, tempDir, walk, watch, writeFile } from "@fibril/node";
import { inFolder } from "./support/folder.ts";
import { leavesNothing } from "./support/open.ts";
import { caught, text } from "./support/streams.ts";

// The system's line of changes is opened with the first watcher, and stays open.
fs.watch(".").close();

test("what is written is read, as bytes and as text", async (t) => {
  leavesNothing(t);
  await inFolder(function* (folder) {
    const path = join(folder, "grün");
    yield* writeFile(path, "hällo");
    assert.equal(yield* readFile(pathToFileURL(path), "utf8"), "hällo");
    yield* writeFile(path, Buffer.from(" there"), { flags: "a" });
    assert.equal(text(yield* readFile(path)), "hällo there");
    assert.equal(yield* caught(() => writeFile(path, "", { flags: "wx" })), "EEXIST");
    yield* writeFile(path, "");
    assert.equal((yield* readFile(path)).length, 0);
    const large = Buffer.alloc(3_000_000, "x");
    yield* writeFile(path, large, { mode: 0o600 });
    assert.deepEqual(yield* readFile(path), large);
  });
});

test("a writer refuses what is neither bytes nor a text, and goes on", async (t) => {
  leavesNothing(t);
  await inFolder(function* (folder) {
    const path = join(folder, "log");
    yield* scope(function* () {
      const writer = (yield* open(path, { flags: "w" })).writer();
      for (const wrong of [undefined, null, 5, {}, Symbol("s"), new Uint16Array(1)]) {
        const why = yield* caught(() => writer.write(wrong as never));
        assert.match(why, /^the file .*log takes bytes or a text, not /);
      }
      yield* writer.write("right");
    });
    assert.equal(yield* readFile(path, "utf8"), "right");
  });
});

test("bytes that only look so are Node's error, and the file is closed all the same", async (t) => {
  leavesNothing(t);
  await inFolder(function* (folder) {
    const path = join(folder, "data");
    const wrong = new Proxy(new Uint8Array(3), {});
    yield* scope(function* () {
      const file = yield* open(path, { flags: "w" });
      assert.notEqual(yield* caught(() => file.writeAt(0, wrong)), "nothing");
      yield* file.writeAt(0, "right");
    });
    const writes = scope(function* () {
      const writer = (yield* open(path, { flags: "w" })).writer();
      yield* writer.write(wrong);
    });
    assert.notEqual(yield* caught(() => writes), "nothing");
    assert.notEqual(yield* caught(() => replaceFile(path, wrong)), "nothing");
    assert.deepEqual(fs.readdirSync(folder), ["data"]);
  });
});

test("errors are Node's, and name the file", async (t) => {
  leavesNothing(t);
  await inFolder(function* (folder) {
    const none = join(folder, "none");
    const cases: readonly [string, string, () => Op<unknown>][] = [
      ["ENOENT", none, () => readFile(none)],
      ["EISDIR", folder, () => readFile(folder)],
      ["EISDIR", folder, () => writeFile(folder, "x")],
      ["ENOENT", none, () => lines(none).read()],
      ["EISDIR", folder, () => lines(folder).read()],
      ["ENOENT", none, () => open(none)],
      ["ENOENT", none, () => walk(none).read()],
      ["ENOENT", join(none, "x"), () => replaceFile(join(none, "x"), "")],
      ["ENOENT", none, () => tempDir({ parent: none })],
    ];
    for (const [code, path, op] of cases) {
      try {
        yield* scope(op);
        assert.fail(`${code} of ${path}`);
      } catch (error) {
        assert.equal((error as NodeJS.ErrnoException).code, code, String(error));
        assert.ok((error as Error).message.includes(path), String(error));
      }
    }
    assert.throws(() => watch(none), { code: "ENOENT" });
  });
});

test("bad arguments are refused before anything is opened", async () => {
  const cases: readonly [() => unknown, RegExp][] = [
    [() => readFile(""), /readFile takes a path, as a text without NUL/],
    [() => readFile("a\0b"), /readFile takes a path/],
    [() => readFile(7 as never), /readFile takes a path/],
    [() => readFile("x", "klingon" as never), /readFile takes the name of an encoding/],
    [() => writeFile("x", {} as never), /writeFile takes bytes or a text/],
    [() => writeFile("x", "", { flags: "r" as never }), /flags of writeFile takes/],
    [() => writeFile("x", "", { mode: 0o10000 }), /mode of writeFile takes/],
    [() => replaceFile("x", 1 as never), /replaceFile takes bytes, a text, or a routine/],
    [() => replaceFile("x", "", { fsync: true } as never), /replaceFile has no option "fsync"/],
    [() => open("x", { flags: null as never }), /flags of open takes/],
    [() => lines("x", { limit: 0 }), /limit of lines takes/],
    [() => walk("x", { depth: 0 }), /depth of walk takes/],
    [() => walk("x", { onError: "log" as never }), /onError of walk takes/],
    [() => watch("x", { capacity: 0 }), /capacity of watch takes/],
    [() => tempDir({ prefix: "a/b" }), /prefix of tempDir takes/],
    [() => lines(new URL("http://x/")), /scheme/],
  ];
  await run(function* () {
    for (const [call, message] of cases) assert.throws(call, { message });
    yield* yieldNow();
  });
});

test("an open file is read and written at positions", async (t) => {
  leavesNothing(t);
  await inFolder(function* (folder) {
    const file = yield* open(join(folder, "x"), { flags: "w+" });
    yield* file.writeAt(2, "cdef");
    yield* file.writeAt(0, Buffer.from("ab"));
    assert.equal(text(yield* file.readAt(1, 3)), "bcd");
    assert.equal(text(yield* file.readAt(4, 100)), "ef");
    assert.equal((yield* file.readAt(100, 5)).length, 0);
    assert.equal((yield* file.readAt(0, 0)).length, 0);
    yield* file.truncate(3);
    yield* file.sync();
    assert.equal((yield* file.stat()).size, 3);
    assert.equal(text(yield* file.reader({ start: 1 }).read()), "bc");
    assert.equal(text(yield* file.reader({ start: 0, end: 2 }).read()), "ab");
    assert.equal(text(yield* file.reader({ end: 1 }).read()), "a");
    const [one, other] = [file.reader({ start: 0 }), file.reader({ start: 0 })];
    assert.deepEqual([text(yield* one.read(2)), text(yield* other.read(1))], ["ab", "a"]);
    assert.equal(yield* caught(() => other.read(9)), "ended");
  });
});

test("a writer writes from a position on, or at the end", async (t) => {
  leavesNothing(t);
  await inFolder(function* (folder) {
    const path = join(folder, "x");
    yield* writeFile(path, "0123456789");
    yield* scope(function* () {
      const writer = (yield* open(path, { flags: "r+" })).writer({ start: 2 });
      yield* writer.write("ab");
      yield* writer.write(Buffer.from("cd"));
      yield* writer.end();
      assert.equal(yield* caught(() => writer.write("x")), "closed");
    });
    yield* scope(function* () {
      const file = yield* open(path, { flags: "a" });
      const [one, other] = [file.writer(), file.writer()];
      for (let n = 0; n < 3; n++) {
        yield* one.write("x");
        yield* other.write("y");
      }
      // What was written is not lost when the block returns.
    });
    assert.match(yield* readFile(path, "utf8"), /^01abcd6789[xy]{6}$/);
  });
});

test("a writer has bounded room, and keeps the order", async (t) => {
  leavesNothing(t);
  await inFolder(function* (folder) {
    const path = join(folder, "x");
    const writer = (yield* open(path, { flags: "w" })).writer();
    let count = 0;
    while (writer.tryWrite("x".repeat(10_000))) count++;
    assert.ok(count < 50, `${count} chunks of 10,000 bytes`);
    for (let n = 0; n < 500; n++) yield* writer.write(`${n},`.padEnd(5_000));
    yield* writer.end();
    const written = (yield* readFile(path, "utf8")).slice(count * 10_000);
    const numbers = written.split(",").map(Number).slice(0, -1);
    assert.deepEqual(
      numbers,
      Array.from({ length: 500 }, (_, n) => n),
    );
  });
});

test("what cannot be written is told, at the latest by the scope", async (t) => {
  if (!fs.existsSync("/dev/full")) return t.skip("no /dev/full here");
  leavesNothing(t);
  const full = { flags: "w" } as const;
  const code = (body: () => Generator<any, unknown, any>) =>
    run(() => caught(() => scope(() => body())));
  assert.equal(
    await code(function* () {
      yield* (yield* open("/dev/full", full)).writer().write("x");
    }),
    "ENOSPC",
  );
  assert.equal(
    await code(function* () {
      const writer = (yield* open("/dev/full", full)).writer();
      yield* writer.write("x");
      assert.equal(yield* caught(() => writer.end()), "ENOSPC");
    }),
    "nothing",
  );
  assert.equal(await run(() => caught(() => writeFile("/dev/full", "x"))), "ENOSPC");
});

test("a closed file is closed for its readers and writers", async (t) => {
  leavesNothing(t);
  await inFolder(function* (folder) {
    const path = join(folder, "x");
    yield* writeFile(path, "x");
    const file = yield* open(path, { flags: "r+" });
    const [reader, writer] = [file.reader(), file.writer()];
    file.close();
    file.close();
    assert.equal(file.closed, true);
    for (const op of [
      () => reader.read(),
      () => writer.write("x"),
      () => file.readAt(0, 1),
      () => file.writeAt(0, "x"),
      () => file.stat(),
    ]) {
      assert.equal(yield* caught(op as () => Op<unknown>), "closed", String(op));
    }
  });
});

test("two fibers cannot read one reader at once", async (t) => {
  leavesNothing(t);
  await inFolder(function* (folder) {
    const path = join(folder, "x");
    yield* writeFile(path, "x");
    const reader = (yield* open(path)).reader();
    const reading = spawn(() => reader.read());
    yield* yieldNow();
    assert.equal(yield* caught(() => reader.read()), "busy");
    assert.equal(text(yield* reading), "x");
  });
});

test("a file is copied by a pipe, with chunks of a bounded size", async (t) => {
  leavesNothing(t);
  await inFolder(function* (folder) {
    const [from, to] = [join(folder, "from"), join(folder, "to")];
    const content = Buffer.from(Array.from({ length: 300_000 }, (_, n) => n % 251));
    yield* writeFile(from, content);
    yield* scope(function* () {
      const target = yield* open(to, { flags: "w" });
      yield* pipe((yield* open(from)).reader(), target.writer());
    });
    assert.deepEqual(yield* readFile(to), content);
  });
});
