/** Lines of JSON through a service, in order, 100 at a time, written 500 at a time, with back-pressure: Effect. */
import { createReadStream, createWriteStream } from "node:fs";
import { Effect, Stream } from "effect";
import { end, IoError, runMain, write } from "../support/effect-node.ts";
import { INPUT, OUTPUT, rankOf, type Row, stats, text } from "./spec.ts";

const failure = (cause: unknown) => new IoError({ cause });

const rank = (line: string) => {
  const row = JSON.parse(line) as Row;
  return Effect.tryPromise({ try: () => rankOf(row), catch: failure }).pipe(
    Effect.map((rank) => ({ ...row, rank })),
  );
};

const program = Effect.gen(function* () {
  const target = yield* Effect.acquireRelease(
    Effect.sync(() => createWriteStream(OUTPUT)),
    (stream) => Effect.sync(() => stream.destroy()),
  );
  yield* Stream.fromAsyncIterable<Buffer, IoError>(createReadStream(INPUT), failure).pipe(
    Stream.decodeText(),
    Stream.splitLines,
    Stream.mapEffect(rank, { concurrency: 100 }),
    Stream.groupedWithin(500, 50),
    Stream.runForEach((batch) => {
      stats.rows += batch.length;
      return write(target, text(batch));
    }),
  );
  yield* end(target);
  console.log(stats);
}).pipe(Effect.scoped);

runMain(program);
