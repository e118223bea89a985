/** Lines, pipes, and a socket, which is both a reader and a writer. */
import assert from "node:assert/strict";
import { once as nodeOnce } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { PassThrough, Readable, Writable } from "node:stream";
import { test } from "node:test";
import { lines, pipe, Reader, run, scope, spawn, supervised, Writer, yieldNow } from "fibril";
import { all, around, caught, letters, listenersOf } from "./support/streams.ts";

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
    assert.deepEqual(yield* all(lines(Readable.from([Buffer.from("x\ny")]))), ["x", "y"]);
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
      yield* all(lines(["x\n".repeat(10_000)]));
    });
  });
  assert.ok(ticks > 5, `${ticks} turns of another fiber`);
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
      assert.equal(yield* caught(() => pipe(failing, target)), "the reader's");
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
      assert.deepEqual(pair.map(listenersOf), [0, 0]);
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
    assert.deepEqual(yield* all(lines(polite)), ["HELLO"]);
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
