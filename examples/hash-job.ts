/**
 * A hash over all cores: chunks of data move to worker threads, which hash them, and the hashes come back in their order
 * into one root. However much data there is, only a few chunks are in memory at a time; Ctrl-C ends the workers too.
 *
 *     node examples/build/hash-job.js [megabytes] [workers] [rounds]
 */
import { createHash } from "node:crypto";
import { availableParallelism } from "node:os";
import { Channel, main, scope, spawn } from "fibril";
import { moduleAt, openWorkers, parallel, transfer } from "@fibril/node";

const [megabytes = 64, size = availableParallelism(), rounds = 20] = process.argv
  .slice(2)
  .map(Number);
const job = moduleAt<typeof import("./support/hashes.ts")>(
  new URL("./support/hashes.js", import.meta.url),
);
const stats = { chunks: 0, most: 0 };
let made = 0;

/** Each chunk is made when there is room for it, and moved to its worker, not copied. */
function* chunks() {
  for (; made < megabytes; made++) {
    const bytes = new Uint8Array(1_000_000).fill(made);
    yield transfer({ bytes, rounds }, [bytes.buffer]);
  }
}

await main(function* hashJob() {
  const workers = yield* openWorkers({ size, name: "hashes" });
  const hashes = new Channel<string>(4, { name: "hashes" });
  const root = createHash("sha256");
  const began = performance.now();
  yield* scope(function* () {
    spawn("hash all", function* () {
      yield* parallel(workers, chunks(), job, "hashOf", { ahead: 2 * size, into: hashes });
      hashes.close();
    });
    yield* hashes.each((hash) => {
      root.update(hash);
      stats.chunks++;
      stats.most = Math.max(stats.most, made - stats.chunks);
    });
  });
  const seconds = (performance.now() - began) / 1_000;
  const rate = Math.round((megabytes * rounds) / seconds);
  console.log({ ...stats, root: root.digest("hex"), workers: size, megabytesPerSecond: rate });
});
