/** What a debugger shows of direct style: lines of the source, variables by their names, callers, and steps. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { debug } from "./support/debugger.js";

const SOURCE = `"use fibers";
import { run, sleep } from "fibril/direct";

function leaf(n) {
  let local = n + 1;
  sleep(1);
  local *= 2;
  return local;
}

function middle(count) {
  let total = 0;
  for (let step = 1; step <= count; step++) {
    const found = leaf(step);
    total += found;
  }
  return total;
}

export const result = run(function main() {
  const answer = middle(2);
  return answer;
});
`;

test("breakpoints before a wait, at it and after it, in a function that others have called", () => {
  const { pauses, value } = debug(SOURCE, {
    breakpoints: ["let local", "sleep(1)", "local *= 2"],
    names: ["local"],
    command: "resume",
    most: 6,
  });
  assert.equal(value, 10);
  assert.deepEqual(
    pauses.map(({ line, values, callers }) => [line, values["local"], callers]),
    [
      ["let local = n + 1;", undefined, ["middle", "main"]],
      ["sleep(1);", 2, ["middle", "main"]],
      // The callers have become frames of the fiber.
      ["local *= 2;", 2, []],
      // The first wait has returned to `middle`, which the kernel has entered.
      ["let local = n + 1;", undefined, ["middle"]],
      ["sleep(1);", 3, ["middle"]],
      ["local *= 2;", 3, []],
    ],
  );
});

test("a function has its variables again when the one that it has called has waited", () => {
  const { pauses } = debug(SOURCE, {
    breakpoints: ["total += found"],
    names: ["total", "step", "count", "found"],
    command: "resume",
    most: 3,
  });
  assert.deepEqual(
    pauses.map(({ fn, values }) => [fn, values]),
    [
      ["middle", { total: 0, step: 1, count: 2, found: 4 }],
      ["middle", { total: 4, step: 2, count: 2, found: 6 }],
    ],
  );
});

test("steps go from line to line, and from the end of a function to its caller", () => {
  const { pauses } = debug(SOURCE, {
    breakpoints: ["local *= 2"],
    names: ["local", "total"],
    command: "stepOver",
    most: 4,
  });
  assert.deepEqual(
    pauses.map(({ fn, line, values }) => [fn, line, values]),
    [
      ["leaf", "local *= 2;", { local: 2 }],
      ["leaf", "return local;", { local: 4 }],
      ["middle", "const found = leaf(step);", { total: 0 }],
      ["middle", "total += found;", { total: 0 }],
    ],
  );
});

test("a step over a wait does not stop in the callers, which have not got their results yet", () => {
  const { pauses, value } = debug(SOURCE, {
    breakpoints: ["let local", "local *= 2"],
    names: ["local"],
    command: "stepOver",
    most: 3,
  });
  assert.equal(value, 10);
  assert.deepEqual(
    pauses.map(({ fn, line }) => [fn, line]),
    [
      ["leaf", "let local = n + 1;"],
      ["leaf", "sleep(1);"],
      ["leaf", "local *= 2;"],
    ],
  );
});
