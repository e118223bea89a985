/** Readers over streams of Node and of the Web: back-pressure, ends, errors, one fiber at a time. */
import assert from "node:assert/strict";
import { Duplex, PassThrough, Readable, Writable } from "node:stream";
import { test } from "node:test";
import { type Fiber, moveOnAfter, type Op, Reader, run, spawn, supervised, Writer } from "fibril";
import { all, around, caught, letters, listenersOf } from "./support/streams.ts";

const SOURCES: readonly (() => [string, Reader<string>])[] = [
  () => ["a Node stream", Reader.from(Readable.from(letters()))],
  () => ["a Web stream", Reader.from<string>(webStream())],
  () => ["an async iterable", Reader.from(letters())],
  () => ["an iterable", Reader.from(["a", "b", "c"])],
];

function webStream(): ReadableStream<string> {
  return new ReadableStream({
    start(controller) {
      for (const letter of ["a", "b", "c"]) controller.enqueue(letter);
      controller.close();
    },
  });
}

for (const create of SOURCES) {
  const [name, reader] = create();
  test(`${name}: chunk by chunk, then undefined, for ever`, async () => {
    await run(function* () {
      assert.equal(yield* reader.read(), "a");
      assert.deepEqual(yield* all(reader), ["b", "c"]);
      assert.equal(yield* reader.read(), undefined);
      assert.equal(reader.tryRead("none"), undefined);
      assert.deepEqual(reader.stats(), { chunks: 3, reading: 0, closed: false });
    });
  });
}

test("nothing is asked of a source before somebody reads, and one chunk at a time", async () => {
  const log: string[] = [];
  await run(function* () {
    const reader = Reader.from(letters(log));
    yield* around();
    assert.deepEqual(log, []);
    yield* reader.read();
    yield* around();
    assert.deepEqual(log, ["makes a"]);
    reader.close();
    yield* around();
    assert.deepEqual(log, ["makes a", "returned"]);
  });
  let pulls = 0;
  await run(function* () {
    const stream = new ReadableStream<number>(
      { pull: (controller) => controller.enqueue(pulls++) },
      { highWaterMark: 0 },
    );
    const reader = Reader.from<number>(stream);
    assert.equal(reader.tryRead("none"), "none");
    yield* around();
    assert.equal(reader.tryRead("none"), 0);
    assert.equal(yield* reader.read(), 1);
    yield* around();
    assert.equal(pulls, 2);
    reader.close();
  });
});

test("a Node stream is read no faster than its reader asks", async () => {
  let made = 0;
  const stream = new Readable({
    highWaterMark: 16,
    read() {
      made++;
      this.push(Buffer.alloc(16));
    },
  });
  await run(function* () {
    const reader = Reader.from<Buffer>(stream);
    for (let i = 0; i < 3; i++) yield* reader.read();
    const before = made;
    yield* around();
    assert.ok(made <= before + 1, `${made} chunks made, ${before} before`);
    reader.close();
  });
});

test("a chunk that comes while nobody waits any more is the next reader's", async () => {
  await run(function* () {
    for (const [reader, send] of sendable()) {
      assert.equal(yield* moveOnAfter(1, () => reader.read(), "late"), "late");
      send("kept");
      yield* around();
      assert.equal(yield* reader.read(), "kept");
      reader.close();
    }
  });
});

function sendable(): [Reader<string>, (chunk: string) => void][] {
  const node = new PassThrough({ encoding: "utf8" });
  const web = new TransformStream<string, string>();
  const writer = web.writable.getWriter();
  let give: (letter: string) => void = () => {};
  const iterable = async function* (): AsyncGenerator<string> {
    for (;;) yield await new Promise<string>((resolve) => (give = resolve));
  };
  return [
    [Reader.from<string>(node), (chunk) => void node.write(chunk)],
    [Reader.from<string>(web.readable), (chunk) => void writer.write(chunk).catch(() => {})],
    [Reader.from(iterable()), (chunk) => give(chunk)],
  ];
}

const ends: [string, (child: Fiber) => void][] = [
  ["cancel", (child) => void child.cancel()],
  ["kill", (child) => void child.kill()],
  ["raise", (child) => void child.raise(new Error("raised"))],
];
for (const [name, end] of ends) {
  test(`${name} while it reads or writes: nothing listens that did not before`, async () => {
    const slow = new Writable({ highWaterMark: 1, write: () => {} });
    const silent = new Readable({ read: () => {} });
    await run(() =>
      supervised(function* () {
        const reader = Reader.from(silent);
        const writer = Writer.from(slow);
        yield* writer.write("x");
        const before = [listenersOf(silent), listenersOf(slow)];
        const waits: (() => Op<unknown>)[] = [
          () => reader.read(),
          () => writer.write("y"),
          () => writer.broken(),
        ];
        for (const wait of waits) {
          const child = spawn(wait);
          yield* around();
          end(child);
          yield* caught(() => child.join());
          assert.deepEqual([listenersOf(silent), listenersOf(slow)], before);
        }
        assert.equal(reader.stats().reading + writer.stats().writing, 0);
        reader.close();
        writer.abort();
        yield* around();
        assert.deepEqual([listenersOf(silent), listenersOf(slow)], [0, 0]);
      }),
    );
  });
}

test("two fibers that read at once: an error names both", async () => {
  await run(() =>
    supervised(function* () {
      const reader = Reader.from(new Readable({ read: () => {} }), { name: "input" });
      const first = spawn("first", () => reader.read());
      yield* around();
      const second = spawn("second", () => reader.read());
      assert.equal(yield* caught(() => second.join()), "busy");
      const { message } = second.outcome!.value as Error;
      assert.match(message, /"second".*reader "input".*"first"/);
      assert.equal(first.waitingOn?.what, 'a chunk of reader "input"');
      reader.close();
      assert.equal(yield* caught(() => first.join()), "closed");
    }),
  );
});

test("closed by you and broken by the other side are told apart, and an error is told as it is", async () => {
  await run(() =>
    supervised(function* () {
      const streams = [new PassThrough(), new PassThrough(), new PassThrough()] as const;
      const readers = streams.map((stream) => Reader.from(stream));
      const reading = readers.map((reader) => spawn(() => caught(() => reader.read())));
      yield* around();
      readers[0]?.close();
      streams[1].destroy();
      streams[2].destroy(new Error("reset"));
      const told: string[] = [];
      for (const fiber of reading) told.push(yield* fiber);
      assert.deepEqual(told, ["closed", "broken", "reset"]);
      for (const reader of readers) told.push(yield* caught(() => reader.read()));
      assert.deepEqual(told.slice(3), ["closed", "broken", "reset"], "each time the same");
      assert.deepEqual(streams.map(listenersOf), [0, 0, 0].fill(listenersOf(new PassThrough())));

      const web = new ReadableStream({
        start: (controller) => controller.error(new Error("web reset")),
      });
      assert.equal(yield* caught(() => Reader.from(web).read()), "web reset");
      const failing = (async function* () {
        throw new Error("generator's");
      })();
      assert.equal(yield* caught(() => Reader.from(failing).read()), "generator's");
    }),
  );
});

test("an error that comes while nobody reads or writes is no uncaught exception, and the next call's", async () => {
  await run(function* () {
    const stream = new Duplex({ read: () => {}, write: () => {} });
    const reader = Reader.from(stream);
    const writer = Writer.from(stream);
    stream.destroy(new Error("in between"));
    yield* around();
    assert.equal(yield* caught(() => reader.read()), "in between");
    assert.equal(yield* caught(() => writer.write("x")), "in between");
    assert.equal(yield* caught(() => writer.end()), "in between");
  });
});
