/** Readers and writers over streams of Node and of the Web: back-pressure, ends, errors, one reader at a time. */
import assert from "node:assert/strict";
import { once as nodeOnce } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { Duplex, PassThrough, Readable, Writable } from "node:stream";
import { test } from "node:test";
import {
  type Fiber,
  FiberError,
  lines,
  moveOnAfter,
  pipe,
  Reader,
  type Op,
  type Routine,
  run,
  scope,
  spawn,
  supervised,
  until,
  type Waitable,
  Writer,
  yieldNow,
} from "fibril";

const codeOf = (error: unknown): string =>
  error instanceof FiberError ? error.code : (error as Error).message;

function* caught(work: () => Waitable<unknown, any, any>): Routine<string> {
  try {
    return `no error, but ${String(yield* work())}`;
  } catch (error) {
    return codeOf(error);
  }
}

/** The host has gone round its loop, with all that was due in it. */
function* around(): Routine<void> {
  for (let i = 0; i < 3; i++) yield* until(new Promise((resolve) => setImmediate(resolve)));
}

function* all<T>(reader: Reader<T>): Routine<T[]> {
  const chunks: T[] = [];
  yield* reader.each((chunk) => void chunks.push(chunk));
  return chunks;
}

async function* letters(log: string[] = []): AsyncGenerator<string> {
  try {
    for (const letter of ["a", "b", "c"]) {
      log.push(`makes ${letter}`);
      yield letter;
    }
  } finally {
    log.push("returned");
  }
}

const SOURCES: readonly (() => [string, Reader<string>])[] = [
  () => ["a Node stream", Reader.from(Readable.from(letters()) )],
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
        const before = [counts(silent), counts(slow)];
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
          assert.deepEqual([counts(silent), counts(slow)], before);
        }
        assert.equal(reader.stats().reading + writer.stats().writing, 0);
        reader.close();
        writer.abort();
        yield* around();
        assert.deepEqual([counts(silent), counts(slow)], [0, 0]);
      }),
    );
  });
}

const TYPES = ["readable", "end", "error", "close", "drain", "finish", "data"];
function counts(stream: Readable | Writable): number {
  // The stream's own, which are there from the beginning, have names of Node's.
  return TYPES.reduce((sum, type) => sum + stream.listenerCount(type), 0);
}

test("two fibers that read at once: an error names both", async () => {
  await run(() =>
    supervised(function* () {
      const reader = Reader.from(new Readable({ read: () => {} }), { name: "input" });
      const first = spawn("first", () => reader.read());
      yield* around();
      const second = spawn("second", () => reader.read());
      assert.equal(yield* caught(() => second.join()), "busy");
      const { message } = second.outcome?.value as Error;
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
      assert.deepEqual(streams.map(counts), [0, 0, 0].fill(counts(new PassThrough())));

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
    assert.equal(yield* caught(() => writer.write("x") ), "in between");
    assert.equal(yield* caught(() => writer.end()), "in between");
  });
});

test("what is closed before its end by the other side breaks the writer", async () => {
  await run(function* () {
    const node = new Writable({ write: () => {} });
    const writer = Writer.from(node);
    node.destroy();
    assert.equal(yield* caught(() => writer.write("x") ), "broken");
    let controller: WritableStreamDefaultController | undefined;
    const web = Writer.from(new WritableStream({ start: (given) => void (controller = given) }));
    controller?.error(new Error("web"));
    yield* around();
    assert.equal(yield* caught(() => web.write("x") ), "web");
    assert.equal(yield* caught(() => web.broken()), "web");
  });
});

/** A sink that takes a chunk when it is told to. */
function slowSinks(): [string, Writable | WritableStream<string>, string[], () => void][] {
  const nodeLog: string[] = [];
  let nodeDone: (() => void) | undefined;
  const node = new Writable({
    highWaterMark: 1,
    decodeStrings: false,
    write(chunk: string, _encoding, callback) {
      nodeLog.push(chunk);
      nodeDone = callback;
    },
  });
  const webLog: string[] = [];
  let webDone: (() => void) | undefined;
  const web = new WritableStream<string>(
    {
      write(chunk) {
        webLog.push(chunk);
        return new Promise((resolve) => (webDone = resolve));
      },
    },
    { highWaterMark: 1 },
  );
  return [
    ["a Node stream", node, nodeLog, () => [nodeDone, (nodeDone = undefined)][0]?.()],
    ["a Web stream", web, webLog, () => webDone?.()],
  ];
}

for (const index of [0, 1]) {
  const [name, stream, log, done] = slowSinks()[index] as ReturnType<typeof slowSinks>[0];
  test(`${name}: write waits for room, in the order of the calls, and what was called off is not written`, async () => {
    await run(() =>
      supervised(function* () {
        const writer = Writer.from<string>(stream, { name: "slow" });
        if (index === 1) yield* around(); // a Web stream has room when it has started
        yield* writer.write("1");
        assert.equal(writer.tryWrite("never"), false);
        const written: string[] = [];
        const writing = ["2", "3", "4", "5"].map((chunk) =>
          spawn(function* () {
            yield* writer.write(chunk);
            written.push(chunk);
          }),
        );
        yield* around();
        assert.deepEqual(log, ["1"]);
        assert.deepEqual(written, [], "back-pressure really waits");
        assert.equal(writing[0]?.waitingOn?.what, 'room in writer "slow"');
        assert.equal(writer.stats().writing, 4);
        yield* (writing[1] as Fiber).cancel();
        writing[3]?.kill();
        for (let i = 0; i < 3; i++) {
          done();
          yield* around();
        }
        assert.deepEqual(log, ["1", "2", "4"]);
        assert.deepEqual(written, ["2", "4"]);
        const end = spawn(() => writer.end());
        yield* around();
        done();
        yield* end;
        assert.equal(yield* caught(() => writer.write("late") ), "closed");
        assert.deepEqual(writer.stats(), { chunks: 3, writing: 0, closed: true });
      }),
    );
  });
}

test("end lets first write what waits for room; abort tells who waits", async () => {
  for (const [name, stream, log, done] of slowSinks()) {
    await run(() =>
      supervised(function* () {
        const writer = Writer.from<string>(stream);
        yield* around();
        yield* writer.write("1");
        const waiting = spawn(() => writer.write("2"));
        yield* around();
        const end = spawn(() => writer.end());
        yield* around();
        for (let i = 0; i < 3; i++) {
          done();
          yield* around();
        }
        yield* waiting;
        yield* end;
        assert.deepEqual(log, ["1", "2"], name);
      }),
    );
  }
  for (const [name, stream] of slowSinks()) {
    await run(() =>
      supervised(function* () {
        const writer = Writer.from<string>(stream);
        yield* around();
        yield* writer.write("1");
        const waiting = spawn(() => writer.write("2"));
        yield* around();
        writer.abort(new Error("why"));
        assert.equal(yield* caught(() => waiting.join()), "closed", name);
        assert.equal(yield* caught(() => writer.write("3") ), "closed", name);
      }),
    );
  }
});

test("lines: breaks and characters that chunks cut, the last line without a break, and a limit", async () => {
  const text = "héllo\r\nwörld\n\n€uro\rstays\nlast";
  const bytes = Buffer.from(text);
  const expected = ["héllo", "wörld", "", "€uro\rstays", "last"];
  await run(function* () {
    for (let size = 1; size <= bytes.length; size++) {
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
      assert.deepEqual(yield* all(lines(chunks)), expected, `in chunks of ${size}`);
    }
    assert.deepEqual(yield* all(lines(["a\n", "b\n"])), ["a", "b"]);
    assert.deepEqual(yield* all(lines([])), []);
    assert.deepEqual(yield* all(lines(Readable.from([Buffer.from("x\ny")]) )), ["x", "y"]);
    const long = lines(["short\n", "much too long", " and more"], { limit: 8 });
    assert.equal(yield* long.read(), "short");
    assert.equal(yield* caught(() => long.read()), "overflow");
    assert.throws(() => lines([], { limit: 0 }), RangeError);
    assert.throws(() => lines(5 as never), TypeError);
  });
});

test("many lines of one chunk starve nobody", async () => {
  let ticks = 0;
  await run(function* () {
    yield* scope(function* (block) {
      block.daemon(function* () {
        for (;;) {
          ticks++;
          yield* yieldNow();
        }
      });
      yield* all(lines(["x\n".repeat(1_000)]));
    });
  });
  assert.ok(ticks > 50, `${ticks} turns of another fiber`);
});

test("pipe copies all, ends the writer, and counts", async () => {
  const log: string[] = [];
  await run(function* () {
    const target = new Writable({
      decodeStrings: false,
      highWaterMark: 1,
      write(chunk: string, _encoding, callback) {
        log.push(chunk);
        setImmediate(callback);
      },
    });
    assert.equal(yield* pipe(letters(), target), 3);
    assert.equal(target.writableFinished, true);
    const open = new PassThrough();
    assert.equal(yield* pipe(["x"], open, { end: false }), 1);
    assert.equal(open.writableEnded, false);
    open.destroy();
  });
  assert.deepEqual(log, ["a", "b", "c"]);
});

test("pipe: what breaks the one ends the other, also while the reader is silent", async () => {
  await run(() =>
    supervised(function* () {
      const failing = (async function* () {
        yield "a";
        throw new Error("the reader's");
      })();
      const target = new PassThrough();
      assert.equal(yield* caught(() => pipe(failing, target) ), "the reader's");
      yield* around();
      assert.equal(target.destroyed, true);

      const silent = new Readable({ read: () => {} });
      const breaks = new PassThrough();
      const piping = spawn(() => pipe(silent, breaks));
      yield* around();
      breaks.destroy(new Error("the writer's"));
      assert.equal(yield* caught(() => piping.join()), "the writer's");
      yield* around();
      assert.equal(silent.destroyed, true);

      const pair = [new PassThrough(), new PassThrough()] as const;
      const cancelled = spawn(() => pipe(...pair));
      yield* around();
      yield* cancelled.cancel("enough");
      yield* around();
      assert.deepEqual(
        pair.map((stream) => stream.destroyed),
        [true, true],
      );
      assert.deepEqual(pair.map(counts), [0, 0]);
    }),
  );
});

test("a socket is both: half-close, an answer, and a peer that breaks off", async () => {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    void run(function* () {
      const writer = Writer.from<string>(socket);
      yield* lines(Reader.from<Buffer>(socket)).each(function* (line) {
        if (line === "die") socket.resetAndDestroy();
        else yield* writer.write(`${line.toUpperCase()}\n`);
      });
      yield* writer.end();
    }).catch(() => {});
  });
  await nodeOnce(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const dial = async (): Promise<Socket> => {
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    await nodeOnce(socket, "connect");
    return socket;
  };
  const polite = await dial();
  const dying = await dial();
  await run(function* () {
    const writer = Writer.from<string>(polite);
    yield* writer.write("hello\n");
    yield* writer.end();
    assert.deepEqual(yield* all(lines(polite )), ["HELLO"]);
    yield* Writer.from<string>(dying).write("die\n");
    const reader = Reader.from<Buffer>(dying);
    const told = yield* caught(function* () {
      while ((yield* reader.read()) !== undefined);
      return "ended in order";
    });
    assert.match(told, /ECONNRESET/);
  });
  server.close();
});

test("a reader and a writer are disposed of at the end of their scope", async () => {
  const stream = new PassThrough();
  {
    await using reader = Reader.from(stream);
    await using writer = Writer.from(stream);
    void [reader, writer];
  }
  assert.equal(stream.destroyed, true);
  const closed = (stream as { closed?: boolean }).closed;
  assert.equal(closed, true, "it was waited for");
});
