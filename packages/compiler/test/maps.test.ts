/** Source maps: stack traces name the lines of the source, and a debugger finds its lines and variables. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { generatedPositionFor, originalPositionFor, TraceMap } from "@jridgewell/trace-mapping";
import { transform } from "@fibril/compiler";
import { folderWith } from "./support/folder.js";
import { loadDirect } from "./support/load-direct.js";

const SOURCE = `import { run, sleep } from "fibril";

function* work(count) {
  let total = 0;
  for (let step = 1; step <= count; step++) {
    total += step;
    yield* sleep(1);
    total *= 2;
  }
  return total;
}

export const result = run(function* main() {
  return yield* work(3);
});
`;

/** The line and column, from 1 and 0, at which a text stands in the source. */
function placeOf(text: string): { line: number; column: number } {
  const before = SOURCE.slice(0, SOURCE.indexOf(text)).split("\n");
  return { line: before.length, column: (before.at(-1) as string).length };
}

test("each piece of the source is found in the output, and back", () => {
  const { code, map } = transform(SOURCE, { file: "a.mjs", map: true });
  const tracer = new TraceMap(map as never);
  const lines = code.split("\n");
  for (const piece of [
    "total = 0",
    "step <= count",
    "total += step",
    "sleep(1)",
    "total *= 2",
    "return total",
  ]) {
    const place = placeOf(piece);
    const { line, column } = generatedPositionFor(tracer, { source: "a.mjs", ...place });
    assert.ok(line !== null, piece);
    const word = (/^\w+/.exec(piece) as RegExpExecArray)[0];
    assert.ok(
      lines[line - 1]?.slice(column).startsWith(word),
      `${piece}: ${lines[line - 1]?.slice(column)}`,
    );
    const back = originalPositionFor(tracer, { line, column });
    assert.deepEqual([back.line, back.column], [place.line, place.column], piece);
  }
});

test("the stack of an error names the lines of the source", () => {
  const folder = folderWith({
    "a.mjs": SOURCE.replace("return total;", 'throw new Error("here");').replace(
      "export const result = ",
      "",
    ),
  });
  assert.throws(
    () =>
      execFileSync(process.execPath, ["--import", "@fibril/compiler/register", "a.mjs"], {
        cwd: folder,
        stdio: "pipe",
      }),
    /a\.mjs:10:9/,
  );
});

const DEBUGGER = `
import { Session } from "node:inspector";
import { parentPort, workerData } from "node:worker_threads";
const session = new Session();
session.connectToMainThread();
const post = (method, params) => new Promise((resolve, reject) =>
  session.post(method, params, (error, result) => (error ? reject(error) : resolve(result))));
const seen = [];
// Also keeps the worker alive, which a session does not.
parentPort.on("message", () => parentPort.postMessage(seen));
session.on("Debugger.paused", async ({ params }) => {
  const [frame] = params.callFrames;
  const values = [];
  for (const expression of ["total", "step", "count"]) {
    const { result } = await post("Debugger.evaluateOnCallFrame", { callFrameId: frame.callFrameId, expression });
    values.push(result.value);
  }
  seen.push([frame.location.lineNumber + 1, ...values]);
  post("Debugger.resume").catch(() => {});
});
await post("Debugger.enable");
for (const { line, column } of workerData.places) {
  await post("Debugger.setBreakpointByUrl", { urlRegex: "compiled\\\\.mjs$", lineNumber: line - 1, columnNumber: column });
}
parentPort.postMessage("ready");
`;

const PROGRAM = `
import { Worker } from "node:worker_threads";
const worker = new Worker(new URL("./debugger.mjs", import.meta.url), { workerData: { places: JSON.parse(process.argv[2]) } });
const message = () => new Promise((resolve) => worker.once("message", resolve));
await message();
const { result } = await import("./compiled.mjs");
const value = await result;
worker.postMessage("done");
console.log(JSON.stringify({ value, seen: await message() }));
await worker.terminate();
`;

test("a debugger stops in a compiled routine, before and after a wait, and reads variables by name", () => {
  const { code, map } = transform(SOURCE, { file: "a.mjs", map: true });
  const folder = folderWith({
    "compiled.mjs": code,
    "debugger.mjs": DEBUGGER,
    "program.mjs": PROGRAM,
  });
  const tracer = new TraceMap(map as never);
  const places = ["total += step", "total *= 2"].map((piece) =>
    generatedPositionFor(tracer, { source: "a.mjs", ...placeOf(piece) }),
  );
  const told = execFileSync(process.execPath, ["program.mjs", JSON.stringify(places)], {
    cwd: folder,
    encoding: "utf8",
  });
  const { value, seen } = JSON.parse(told) as { value: number; seen: number[][] };
  assert.equal(value, 22);
  const [before, after] = places.map((each) => each.line);
  assert.deepEqual(seen, [
    [before, 0, 1, 3],
    [after, 1, 1, 3],
    [before, 2, 2, 3],
    [after, 4, 2, 3],
    [before, 8, 3, 3],
    [after, 11, 3, 3],
  ]);
});

test("in direct style, the stack of an error after a wait names the functions that were waiting", async () => {
  const { thrown } = await loadDirect<{ thrown: () => Promise<Error> }>(`
    function boom(n) {
      if (n > 0) return boom(n - 1);
      sleep(1);
      throw new Error("here");
    }
    const load = () => [1].map((n) => boom(n));
    export const thrown = () => run({ name: "main" }, function main() {
      load();
    }).catch((error) => error);
  `);
  const { stack = "" } = await thrown();
  const [, ...lines] = stack.split("\n").map((line) => line.trim().replace(/ \(.*/, ""));
  assert.deepEqual(lines, [
    "at boom",
    "in boom",
    "in map",
    "in load",
    "in main",
    'in fiber "main"',
  ]);
});

test("in direct style, the stack of an error names the lines of the source, before a wait and after it", () => {
  const lines = [
    '"use fibers";',
    'import { run, sleep } from "fibril/direct";',
    "const fails = (wait) => {",
    "  if (wait) sleep(1);",
    '  throw new Error("here");',
    "};",
    "const main = () => {",
    "  const seen = [];",
    "  for (const wait of [false, true]) {",
    "    try {",
    "      fails(wait);",
    "    } catch (error) {",
    "      seen.push(/a\\.mjs:(\\d+)/.exec(error.stack)[1]);",
    "    }",
    "  }",
    "  console.log(seen.join());",
    "};",
    "await run(main);",
  ];
  const folder = folderWith({ "a.mjs": `${lines.join("\n")}\n` });
  const args = ["--import", "@fibril/compiler/register", "a.mjs"];
  assert.equal(execFileSync(process.execPath, args, { cwd: folder, encoding: "utf8" }), "5,5\n");
});
