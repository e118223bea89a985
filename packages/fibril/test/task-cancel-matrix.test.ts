/**
 * Every situation in which a fiber may be, times every way of asking it to end: the cells of
 * scenarios.md, each under every policy.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Cancelled,
  type End,
  FiberError,
  fifo,
  locality,
  monitor,
  type Policy,
  seeded,
} from "fibril";
import { beginnings, lasts } from "./support/beginnings.ts";
import { begin, checkIdle, ManualHost } from "./support/manual-host.ts";
import { means, type Means } from "./support/means.ts";
import { scenarioTable } from "./support/scenario-table.ts";
import { type Situation, situations as plain } from "./support/situations.ts";
import { Stage } from "./support/stage.ts";

const policies: readonly [string, Policy][] = [
  ["locality", locality],
  ["fifo", fifo],
  ["seeded", seeded(1)],
];

async function act(situation: Situation, by: Means, policy: Policy): Promise<void> {
  const host = new ManualHost(situation.busy === true ? 1 : 0);
  const stage = new Stage(host);
  const { signal } = by;
  const early = situation.at === "early";
  const { fiber, promise, scheduler } = begin(
    { host, policy, ...(signal && { signal: signal.signal }) },
    () => by.program(stage, () => situation.target(stage), early),
  );
  if (signal !== undefined) {
    stage.ask = () => signal.abort("why");
    stage.watch(fiber);
    if (early) stage.tryToAsk();
  }
  const ends: End[] = [];
  monitor(fiber, (end) => ends.push(end));
  if (typeof situation.at === "number") {
    host.advance(situation.at);
    stage.tryToAsk();
  }
  host.finish();
  const end = ends[0] as End;
  assert.equal(stage.lines.join(", "), situation.says[by.kind]);
  checkIdle(scheduler);
  assert.deepEqual(host.reported, []);
  if (situation.tooLate !== true && situation.name !== "in defer") by.asked(end);
  if (signal !== undefined && end.ending === "cancelled") {
    // Only the first request counts.
    const first = (end.value as Cancelled).source === "signal";
    await assert.rejects(promise, (reason) =>
      first ? reason === "why" : reason instanceof FiberError,
    );
  }
}

const situations = [...plain, ...beginnings, ...lasts];
const table = scenarioTable("scenarios.md");
const tested: string[] = [];
for (const situation of situations) {
  for (const make of means) {
    const { name } = make();
    const cell = `${situation.name} × ${name}`;
    if (table.get(cell) !== "matrix") continue;
    tested.push(cell);
    for (const [policy, create] of policies) {
      // A limit passes between two rounds, and by locality a child starts in the round of its spawn.
      if (policy === "locality" && situation.at === "early" && name.endsWith("After")) continue;
      test(`${cell} (${policy})`, () => act(situation, make(), create));
    }
  }
}

test("every cell of scenarios.md is tested, or says why not", () => {
  assert.equal(table.size, situations.length * means.length);
  const marked = [...table].filter(([, mark]) => mark === "matrix").map(([cell]) => cell);
  assert.deepEqual(tested.toSorted(), marked.toSorted());
  for (const [cell, mark] of table) assert.match(mark, /^(?:matrix|n\/a [1-9])$/, cell);
});
