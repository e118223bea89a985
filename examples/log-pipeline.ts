/**
 * A log pipeline over child processes: gzip unpacks the logs of a folder, two at a time, the slow requests are picked out
 * here, and sort puts them into order. No stage goes faster than the next one. When one of them fails, or Ctrl-C comes,
 * all processes end, and the report is as it was before.
 *
 *     node examples/build/log-pipeline.js [folder] [report]
 */
import { join } from "node:path";
import { forEach, main, type Routine, scope, spawn, type Writer } from "fibril";
import { lines, replaceFile, spawnProcess, tempDir, walk } from "@fibril/node";
import { sampleLogs } from "./support/logs.ts";

const SLOW = 900;
const stats = { logs: 0, requests: 0, slow: 0 };

/** Calls `body` with each line of a log, packed or not. */
function* eachLine(path: string, body: (line: string) => Routine<void>): Routine<void> {
  // The process, or the open file, lives as long as this scope.
  yield* scope(function* () {
    if (!path.endsWith(".gz")) return yield* lines(path, { limit: 10_000 }).each(body);
    const gzip = yield* spawnProcess("gzip", ["-dc", path]);
    yield* gzip.lines({ limit: 10_000 }).each(body);
    // A log that is damaged is an error.
    yield* gzip.exit();
  });
}

/** Picks out the slow requests of one log: `2026-11-30T09:00:00Z GET /tea 912`. */
function* pick(path: string, to: Writer<string>): Routine<void> {
  stats.logs++;
  yield* eachLine(path, function* (line) {
    stats.requests++;
    if (Number(line.slice(line.lastIndexOf(" ") + 1)) <= SLOW) return;
    stats.slow++;
    yield* to.write(`${line}\n`);
  });
}

await main(function* () {
  const folder = process.argv[2] ?? (yield* tempDir());
  const report = process.argv[3] ?? join(folder, "slow.txt");
  if (process.argv[2] === undefined) yield* sampleLogs(folder);
  const sort = yield* spawnProcess("sort", [], { env: { ...process.env, LC_ALL: "C" } });
  yield* scope(function* () {
    spawn("report", function* () {
      yield* replaceFile(report, function* (writer) {
        yield* sort.lines().each((line) => writer.write(`${line}\n`));
        // Half a report is none: what sort has printed counts if it has ended well.
        yield* sort.exit();
      });
    });
    const logs = walk(folder, { depth: 1 });
    yield* forEach(
      logs,
      function* ({ path, kind }) {
        if (kind === "file" && /\.log(\.gz)?$/.test(path)) yield* pick(path, sort.stdin);
      },
      { concurrency: 2 },
    );
    yield* sort.stdin.end();
  });
  console.log({ ...stats, first: yield* lines(report).read() });
});
