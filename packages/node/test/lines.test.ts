/** The lines of a file are those of its text, wherever chunks and pieces end. */
import assert from "node:assert/strict";
import fs from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { FiberError, type Op, run, scope, sleep, spawn, until } from "fibril";
import { exec, lines, spawnProcess, tempDir, writeFile } from "@fibril/node";
import { leavesNothing } from "./support/open.ts";
import { all, caught, holds } from "./support/streams.ts";

const CHUNK = 262_144;
const PIECE = 65_536;

function withFile<T>(
  content: string | Buffer,
  body: (path: string) => Generator<any, T, any>,
): Promise<T> {
  return run(function* () {
    const path = join(yield* tempDir(), "text");
    yield* writeFile(path, content);
    return yield* body(path);
  });
}

const read = (content: string | Buffer): Promise<string[]> =>
  withFile(content, (path) => all(lines(path)));

/** What a text consists of, by the rule. */
function split(text: string): string[] {
  const parts = text.split("\n").map((line) => line.replace(/\r$/, ""));
  if (text.endsWith("\n") || text === "") parts.pop();
  return parts;
}

test("breaks, and what stands behind the last of them", async (t) => {
  leavesNothing(t);
  const texts = [
    "",
    "a",
    "a\n",
    "a\nb",
    "\n",
    "\n\n",
    "\r\n",
    "a\r\nb\rc\r\n\r\n",
    "\r",
    "ü\n€\n😀",
  ];
  for (const text of texts) assert.deepEqual(await read(text), split(text), JSON.stringify(text));
});

test("a mark of the byte order is no part of the first line", async () => {
  assert.deepEqual(await read("\uFEFFa\n\uFEFFb"), ["a", "\uFEFFb"]);
  assert.deepEqual(await read("\uFEFF"), []);
  assert.deepEqual(await read("\uFEFF\n"), [""]);
});

test("bytes that are no UTF-8 are replaced", async () => {
  assert.deepEqual(await read(Buffer.from([0x61, 0xff, 0x0a, 0xc3, 0x0a, 0x62])), [
    "a\uFFFD",
    "\uFFFD",
    "b",
  ]);
});

test("lines of any length, cut anywhere", async (t) => {
  leavesNothing(t);
  // A break, and a character of four bytes, before, at and behind each place where a chunk or a piece ends.
  for (const end of [PIECE, CHUNK - PIECE, CHUNK, 2 * CHUNK]) {
    for (let shift = -3; shift <= 2; shift++) {
      const text = `${"x".repeat(end + shift)}\n😀\r\n${"y".repeat(end - 3)}😀\nz`;
      assert.deepEqual(await read(text), split(text), `${end} ${shift}`);
    }
  }
});

test("lines of random lengths", async (t) => {
  leavesNothing(t);
  const seed = Number(process.env["FIBRIL_SEED"] ?? 17_263);
  let state = seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const words = ["a", "ü", "€", "😀", "\r", "\n", "\r\n", "line of a log, longer than others\n"];
  for (let round = 0; round < 20; round++) {
    const many = 10 ** (1 + random(5));
    let text = "";
    for (let n = 0; n < 1 + random(60); n++)
      text += words[random(words.length)]!.repeat(1 + random(many));
    const [seen, wanted] = [await read(text), split(text)];
    const at = wanted.findIndex((line, index) => line !== seen[index]);
    // Not all of them, which would be a long message.
    assert.deepEqual(
      [seen.length, at, seen[at]?.length],
      [wanted.length, -1, wanted[at]?.length],
      `seed ${seed}, round ${round}`,
    );
  }
});

test("a line that is too long is an error, and the next one is read", async (t) => {
  leavesNothing(t);
  await withFile("one\nthree\ntwo\n", function* (path) {
    const reader = lines(path, { limit: 3 });
    assert.equal(yield* reader.read(), "one");
    assert.equal(yield* caught(() => reader.read()), "overflow");
    assert.equal(yield* reader.read(), "two");
    assert.equal(yield* reader.read(), undefined);
  });
});

test("a line without an end is not kept", async (t) => {
  if (!fs.existsSync("/dev/zero")) return t.skip("no /dev/zero here");
  leavesNothing(t);
  await run(function* () {
    const reader = lines("/dev/zero", { limit: 1_000_000 });
    for (let n = 0; n < 2; n++) {
      try {
        yield* reader.read();
        assert.fail("it has a line");
      } catch (error) {
        assert.ok(error instanceof FiberError && error.code === "overflow");
        assert.match(
          error.message,
          /a line of the file \/dev\/zero is longer than the 1000000 characters/,
        );
      }
    }
  });
});

const descriptors = (path: string): number =>
  fs.readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return fs.readlinkSync(`/proc/self/fd/${fd}`) === path;
    } catch {
      return false;
    }
  }).length;

test("the file is open from the first read to the end of the text, of the reader, or of the scope", async (t) => {
  if (process.platform !== "linux") return t.skip("what is open is asked of Linux");
  leavesNothing(t);
  await withFile("line\n".repeat(1_000_000), function* (path) {
    const closed = () => holds(() => descriptors(path) === 0);
    const reader = lines(path);
    assert.equal(descriptors(path), 0);
    yield* reader.read();
    assert.equal(descriptors(path), 1);
    reader.close();
    yield* closed();
    assert.equal(yield* caught(() => reader.read()), "closed");
    const whole = lines(path);
    let count = 0;
    yield* whole.each(() => void count++);
    assert.equal(count, 1_000_000);
    yield* closed();
    yield* scope(function* () {
      yield* lines(path).read();
    });
    yield* closed();
    // Never read from, it was never opened.
    yield* scope(function* () {
      lines("/no/such/file");
      yield* sleep(0);
    });
  });
});

test("a reader does not run ahead of whoever reads slowly", async (t) => {
  if (process.platform !== "linux") return t.skip("the position is asked of Linux");
  leavesNothing(t);
  await withFile("0123456\n".repeat(1_000_000), function* (path) {
    const reader = lines(path);
    yield* reader.read();
    for (let turn = 0; turn < 20; turn++) yield* until(new Promise((wakes) => setImmediate(wakes)));
    const fd = fs.readdirSync("/proc/self/fd").find((each) => {
      try {
        return fs.readlinkSync(`/proc/self/fd/${each}`) === path;
      } catch {
        return false;
      }
    });
    const position = /pos:\s+(\d+)/.exec(fs.readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))![1];
    assert.ok(Number(position) <= 2 * CHUNK, `${position} bytes were read`);
  });
});

test("two fibers cannot read one reader at once", async (t) => {
  leavesNothing(t);
  await withFile("x", function* (path) {
    const reader = lines(path);
    const reading = spawn(() => reader.read());
    yield* sleep(0);
    if (reading.alive) assert.equal(yield* caught(() => reader.read()), "busy");
    assert.equal(yield* reading, "x");
  });
});

test("a pipe with a name is read line by line, and given up while it says nothing", async (t) => {
  if (process.platform === "win32") return t.skip("no such pipes");
  leavesNothing(t);
  await run(function* () {
    const path = join(yield* tempDir(), "pipe");
    yield* exec("mkfifo", [path]);
    const cat = yield* spawnProcess("sh", ["-c", `exec cat > '${path}'`]);
    let heard = false;
    const reading = spawn(() =>
      scope(function* () {
        const reader = lines(path);
        assert.equal(yield* reader.read(), "hello");
        heard = true;
        yield* reader.read();
      }),
    );
    yield* cat.stdin.write("hello\n");
    yield* holds(() => heard);
    // The read under way is not waited for, and is over when the other side is.
    yield* reading.cancel() as unknown as Op<void>;
    yield* cat.stdin.end();
    yield* cat.exit();
  });
});
