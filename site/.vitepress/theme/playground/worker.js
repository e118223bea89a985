/** Runs a program of the playground. The page ends it by ending this worker. */
import * as fibril from "fibril";
import * as frames from "fibril/frames";
import * as testing from "fibril/testing";
import { transform } from "sucrase";
import { show } from "./show.js";

const MODULES = { fibril, "fibril/frames": frames, "fibril/testing": testing };
/** The most lines that are passed on: a loop that prints would fill the page's memory. */
const MOST = 2_000;

let printed = 0;
function print(level, text) {
  if (printed++ < MOST) postMessage({ type: "print", level, text });
  else if (printed === MOST + 2)
    postMessage({ type: "print", level: "error", text: "Only the first 2,000 lines are shown." });
}

for (const level of ["log", "info", "debug", "warn", "error"]) {
  const kind = level === "warn" || level === "error" ? "error" : "log";
  console[level] = (...values) => print(kind, values.map(show).join(" "));
}

function fail(error) {
  print("error", show(error));
}

self.addEventListener("error", (event) => {
  event.preventDefault();
  fail(event.error ?? event.message);
});
self.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  fail(event.reason);
});

function load(name) {
  if (name in MODULES) return MODULES[name];
  throw new Error(
    `the playground has no module "${name}": it has ${Object.keys(MODULES).join(", ")}`,
  );
}

const AsyncFunction = (async () => {}).constructor;

async function run(text) {
  try {
    const { code } = transform(text, {
      transforms: ["typescript", "imports"],
      disableESTransforms: true,
      filePath: "program.ts",
    });
    await new AsyncFunction("require", "exports", `${code}\n//# sourceURL=program.ts`)(load, {});
  } catch (error) {
    fail(error);
  }
  postMessage({ type: "ended" });
}

self.addEventListener("message", ({ data }) => {
  if (data.type === "run") void run(data.text);
  else if (data.type === "dump") postMessage({ type: "dump", text: fibril.dump() });
});
