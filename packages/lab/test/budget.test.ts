/** How long a measuring command may take by itself. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { budgetOf } from "#lab/runs/budget.js";
import { runtimeList } from "#lab/commands/arguments.js";

test("the default ends within three minutes, and sooner where a report is written", () => {
  assert.equal(budgetOf("scale", {}), 165);
  assert.equal(budgetOf("scale", { runtime: ["fibril", "ruby"] }), 165);
  assert.equal(budgetOf("all", {}), 135);
  assert.equal(budgetOf("create", {}), 140);
});

test("a command for every runtime, or for a number of repeats, has no time limit", () => {
  for (const command of ["scale", "tasks", "all"]) {
    assert.equal(budgetOf(command, { runtime: runtimeList("all") }), undefined);
    assert.equal(budgetOf(command, { runtime: runtimeList("fibril,all") }), undefined);
    assert.equal(budgetOf(command, { repeats: 1 }), undefined);
  }
});
