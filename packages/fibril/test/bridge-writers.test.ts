/** Writers over streams of Node and of the Web: room, order, ends, errors. */
import assert from "node:assert/strict";
import { Writable } from "node:stream";
import { test } from "node:test";
import { type Fiber, run, spawn, supervised, Writer } from "fibril";
import { around, caught } from "./support/streams.ts";

test("what is closed before its end by the other side breaks the writer", async () => {
  await run(function* () {
    const node = new Writable({ write: () => {} });
    const writer = Writer.from(node);
    node.destroy();
    assert.equal(yield* caught(() => writer.write("x")), "broken");
    let controller: WritableStreamDefaultController | undefined;
    const web = Writer.from(new WritableStream({ start: (given) => void (controller = given) }));
    controller?.error(new Error("web"));
    yield* around();
    assert.equal(yield* caught(() => web.write("x")), "web");
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
        assert.equal(yield* caught(() => writer.write("late")), "closed");
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
        assert.equal(yield* caught(() => writer.write("3")), "closed", name);
      }),
    );
  }
});
