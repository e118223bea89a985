/** Lines of JSON through a service, in order, 100 at a time, written 500 at a time, with back-pressure: Fibril. */
import { createReadStream, createWriteStream } from "node:fs";
import { batches, Channel, lines, main, map, scope, spawn, until, use, Writer } from "fibril";
import { INPUT, OUTPUT, type Ranked, rankOf, type Row, stats, text } from "./spec.ts";

function* rank(line: string) {
  const row = JSON.parse(line) as Row;
  return { ...row, rank: yield* until(rankOf(row)) };
}

await main(function* pipeline() {
  const source = use(lines(createReadStream(INPUT)));
  const target = use(Writer.from<string>(createWriteStream(OUTPUT)));
  const ranked = new Channel<Ranked>(500);
  yield* scope(function* () {
    spawn(function* () {
      yield* map(source, rank, { concurrency: 100, into: ranked });
      ranked.close();
    });
    yield* batches(ranked, { size: 500, ms: 50 }, function* (batch) {
      stats.rows += batch.length;
      yield* target.write(text(batch));
    });
  });
  yield* target.end();
  console.log(stats);
});
