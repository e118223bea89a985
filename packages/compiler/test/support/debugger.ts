/**
 * A debugger over the inspector's protocol, which works as those of editors do: it finds the places of breakpoints in the
 * source map, shows lines of the source, and steps on where code has no place in the source or is on the same line still.
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { transform } from "@fibril/compiler";
import { folderWith } from "./folder.js";

/** Where the program stands. */
export interface Pause {
  readonly fn: string;
  /** The line of the source, without the space around it. */
  readonly line: string;
  /** What the names mean there, of those that mean something. */
  readonly values: Readonly<Record<string, unknown>>;
  /** The functions of the program that have called it and stand on the native stack. */
  readonly callers: readonly string[];
}

interface Asked {
  /** Texts of the source, each at the line of a breakpoint. */
  readonly breakpoints: readonly string[];
  /** What is read at each pause. */
  readonly names: readonly string[];
  readonly command: "stepOver" | "resume";
  /** After so many pauses, the program runs to its end. */
  readonly most: number;
}

interface Seen {
  readonly value: unknown;
  readonly pauses: readonly Pause[];
}

/** Runs a module that exports a promise `result`. */
export function debug(source: string, { breakpoints, names, command, most }: Asked): Seen {
  const { code, map } = transform(source, { file: "a.mjs", map: true });
  const lines = breakpoints.map((at) => source.slice(0, source.indexOf(at)).split("\n").length);
  const folder = folderWith({
    "compiled.mjs": code,
    "debugger.mjs": DEBUGGER,
    "program.mjs": PROGRAM,
  });
  const told = execFileSync(
    process.execPath,
    [join(folder, "program.mjs"), JSON.stringify({ lines, map, names, command, most })],
    { encoding: "utf8", timeout: 60_000 },
  );
  const { value, pauses } = JSON.parse(told) as {
    value: unknown;
    pauses: (Omit<Pause, "line"> & { line: number })[];
  };
  const text = source.split("\n");
  return {
    value,
    pauses: pauses.map((each) => ({ ...each, line: text[each.line - 1]?.trim() ?? "" })),
  };
}

const DEBUGGER = `
import { Session } from "node:inspector";
import { parentPort, workerData } from "node:worker_threads";
import { allGeneratedPositionsFor, LEAST_UPPER_BOUND, originalPositionFor, TraceMap } from "@jridgewell/trace-mapping";

const { lines, map, names, command, most } = workerData;
const tracer = new TraceMap(map);
const session = new Session();
session.connectToMainThread();
const post = (method, params) => new Promise((resolve, reject) =>
  session.post(method, params, (error, result) => (error ? reject(error) : resolve(result))));
const pauses = [];
// Also keeps the worker alive, which a session does not.
parentPort.on("message", () => parentPort.postMessage(pauses));

const scripts = new Map();
session.on("Debugger.scriptParsed", ({ params }) => scripts.set(params.scriptId, params.url));
const isProgram = ({ location }) => scripts.get(location.scriptId)?.endsWith("compiled.mjs") === true;
function lineOf(frame) {
  const { lineNumber, columnNumber } = frame.location;
  return isProgram(frame) ? originalPositionFor(tracer, { line: lineNumber + 1, column: columnNumber }).line : null;
}

let at = null;
let commands = 0;
session.on("Debugger.paused", async ({ params: { callFrames, hitBreakpoints } }) => {
  const [frame] = callFrames;
  const line = lineOf(frame);
  const isNew = hitBreakpoints.length > 0 || (line !== null && (line !== at.line || frame.functionName !== at.fn));
  if (isNew) {
    const values = {};
    for (const name of names) {
      const { result, exceptionDetails } = await post("Debugger.evaluateOnCallFrame",
        { callFrameId: frame.callFrameId, expression: name, returnByValue: true });
      if (exceptionDetails === undefined) values[name] = result.value;
    }
    const callers = callFrames.slice(1).filter(isProgram).map((each) => each.functionName);
    at = { fn: frame.functionName, line, values, callers };
    pauses.push(at);
  }
  if (pauses.length === most || ++commands === 1_000) await post("Debugger.disable");
  else post("Debugger." + command).catch(() => {});
});
await post("Debugger.enable");
await post("Debugger.setBlackboxPatterns", { patterns: ["/packages/fibril/", "/packages/compiler/dist/"] });
for (const line of lines) {
  const [first] = allGeneratedPositionsFor(tracer, { source: "a.mjs", line, column: 0, bias: LEAST_UPPER_BOUND });
  await post("Debugger.setBreakpointByUrl",
    { urlRegex: "compiled\\\\.mjs$", lineNumber: first.line - 1, columnNumber: first.column });
}
parentPort.postMessage("ready");
`;

const PROGRAM = `
import { Worker } from "node:worker_threads";
const worker = new Worker(new URL("./debugger.mjs", import.meta.url), { workerData: JSON.parse(process.argv[2]) });
const message = () => new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
await message();
const { result } = await import("./compiled.mjs");
const value = await result;
worker.postMessage("done");
console.log(JSON.stringify({ value, pauses: await message() }));
await worker.terminate();
`;
