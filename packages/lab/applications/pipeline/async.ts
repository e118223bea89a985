/** Lines of JSON through a service, in order, 100 at a time, written 500 at a time, with back-pressure: async/await. */
import { once } from "node:events";
import { createReadStream, createWriteStream } from "node:fs";
import { createInterface } from "node:readline";
import { finished } from "node:stream/promises";
import { INPUT, OUTPUT, type Ranked, rankOf, type Row, stats, text } from "./spec.ts";

async function* mapInOrder<T, R>(
  source: AsyncIterable<T>,
  concurrency: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const running: Promise<R>[] = [];
  try {
    for await (const item of source) {
      const result = work(item);
      result.catch(() => {}); // it is looked at when its turn comes
      running.push(result);
      if (running.length >= concurrency) yield await running.shift()!;
    }
    while (running.length > 0) yield await running.shift()!;
  } finally {
    await Promise.allSettled(running);
  }
}

async function* batches<T>(source: AsyncIterable<T>, size: number, ms: number) {
  const iterator = source[Symbol.asyncIterator]();
  const late = Symbol("late");
  let pending: Promise<IteratorResult<T>> | undefined;
  try {
    for (let open = true; open;) {
      const first = await (pending ?? iterator.next());
      pending = undefined;
      if (first.done) return;
      const batch = [first.value];
      let timer: NodeJS.Timeout | undefined;
      const timeout = new Promise<typeof late>((resolve) => {
        timer = setTimeout(resolve, ms, late);
      });
      while (batch.length < size) {
        pending = iterator.next();
        const next = await Promise.race([pending, timeout]);
        if (next === late) break;
        pending = undefined;
        open = !next.done;
        if (next.done) break;
        batch.push(next.value);
      }
      clearTimeout(timer);
      yield batch;
    }
  } finally {
    pending?.catch(() => {});
    await iterator.return?.();
  }
}

const stop = new AbortController();
const interrupt = () => stop.abort();
process.once("SIGINT", interrupt);
const file = createReadStream(INPUT);
const target = createWriteStream(OUTPUT);

async function* rows() {
  for await (const line of createInterface({ input: file, crlfDelay: Infinity })) {
    stop.signal.throwIfAborted();
    yield JSON.parse(line) as Row;
  }
}
const rank = async (row: Row): Promise<Ranked> => ({ ...row, rank: await rankOf(row) });

try {
  for await (const batch of batches(mapInOrder(rows(), 100, rank), 500, 50)) {
    stats.rows += batch.length;
    if (!target.write(text(batch))) await once(target, "drain", { signal: stop.signal });
  }
  target.end();
  await finished(target);
  console.log(stats);
} catch (error) {
  if (!stop.signal.aborted) throw error;
  process.exitCode = 130;
} finally {
  file.destroy();
  target.destroy();
  process.removeListener("SIGINT", interrupt);
}
