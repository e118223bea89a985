/** The log pipeline, with what it makes of good and of damaged logs. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { gzipSync } from "node:zlib";
import { start } from "../support/program.ts";

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "fibril-logs-"));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

test("the logs' slow requests come in order, from packed logs and others", async (t) => {
  const folder = folderOf(t);
  const logs = [
    "3 GET /c 901\n2 GET /b 950",
    "1 GET /a 999\r\n5 GET /e 900\n",
    "4 GET /d 1000\n",
    "x 1\n",
  ];
  for (const [n, text] of logs.entries()) {
    if (n % 2 === 0) writeFileSync(join(folder, `${n}.log.gz`), gzipSync(text));
    else writeFileSync(join(folder, `${n}.log`), text);
  }
  writeFileSync(join(folder, "notes.txt"), "9 GET /no 9999\n");
  const report = join(folder, "report");
  const program = start(t, "log-pipeline", folder, report);
  assert.equal(await program.ended, 0, program.text());
  assert.match(program.text(), /logs: 4, requests: 6, slow: 4, first: '1 GET \/a 999'/);
  const wanted = ["1 GET /a 999", "2 GET /b 950", "3 GET /c 901", "4 GET /d 1000"];
  assert.equal(readFileSync(report, "utf8"), wanted.map((line) => `${line}\n`).join(""));
});

test("it makes its own logs when it is given none", async (t) => {
  const program = start(t, "log-pipeline");
  assert.equal(await program.ended, 0, program.text());
  assert.match(program.text(), /logs: 4,\s+requests: 40000,\s+slow: 3960/);
});

test("a damaged log is an error, and the report stays as it was", async (t) => {
  const folder = folderOf(t);
  const report = join(folder, "report");
  writeFileSync(report, "old\n");
  writeFileSync(join(folder, "a.log"), "1 GET /a 999\n");
  writeFileSync(join(folder, "b.log.gz"), gzipSync("2 GET /b 999\n".repeat(1_000)).subarray(0, 40));
  const program = start(t, "log-pipeline", folder, report);
  assert.equal(await program.ended, 1, program.text());
  assert.match(
    program.text(),
    /ProcessError: gzip has exited with code 1: .*unexpected end of file/,
  );
  assert.equal(readFileSync(report, "utf8"), "old\n");
  assert.deepEqual(readdirSync(folder).toSorted(), ["a.log", "b.log.gz", "report"]);
});

test("Ctrl-C ends its processes, and leaves no half of a report", async (t) => {
  const folder = folderOf(t);
  const report = join(folder, "report");
  const packed = gzipSync("2026 GET /tea 999\n".repeat(1_000_000));
  for (let n = 0; n < 4; n++) writeFileSync(join(folder, `${n}.log.gz`), packed);
  const program = start(t, "log-pipeline", folder, report);
  // It has begun when the file beside the report is there.
  for (let turns = 0; turns < 3_000 && readdirSync(folder).length === 4; turns++) {
    assert.equal(program.child.exitCode, null, program.text());
    await new Promise((wakes) => setTimeout(wakes, 5));
  }
  program.child.kill("SIGINT");
  assert.equal(await program.ended, 130, program.text());
  assert.equal(existsSync(report), false);
  assert.equal(readdirSync(folder).length, 4);
});
