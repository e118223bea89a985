/**
 * A pipeline: lines of JSON are read from a file, a service is asked about 100 of them at a time, and what
 * it says is written in their order, 500 at a time. A slow disk slows the service down, and the reader.
 *
 *     node examples/build/pipeline.js [input] [output]
 */
import { createReadStream, createWriteStream } from "node:fs";
import { batches, Channel, lines, main, map, scope, spawn, until, use, Writer } from "fibril";
import { rankOf, type Row, sample, service } from "./support/rows.ts";

const input = process.argv[2] ?? sample(20_000);
const output = process.argv[3] ?? `${input}.out`;
const stats = { rows: 0, batches: 0 };

function* enrich(line: string) {
  const row = JSON.parse(line) as Row;
  return { ...row, rank: yield* until(rankOf(row)) };
}

await main(function* pipeline() {
  const source = use(lines(createReadStream(input)));
  const target = use(Writer.from<string>(createWriteStream(output)));
  const rich = new Channel<Row>(500, { name: "rich rows" });
  yield* scope(function* () {
    spawn("enrich", function* () {
      yield* map(source, enrich, { concurrency: 100, into: rich });
      rich.close();
    });
    yield* batches(rich, { size: 500, ms: 50 }, function* (batch) {
      stats.rows += batch.length;
      stats.batches++;
      yield* target.write(batch.map((row) => `${JSON.stringify(row)}\n`).join(""));
    });
  });
  yield* target.end();
  console.log({ ...stats, most: service.most });
});
