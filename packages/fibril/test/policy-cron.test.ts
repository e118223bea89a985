import assert from "node:assert/strict";
import { test } from "node:test";
import { every, now, type Routine, run } from "fibril";
import { cron } from "fibril/cron";
import { VirtualHost } from "fibril/testing";

test("cron: every goes by the expression, in its time zone", async () => {
  const times: string[] = [];
  // Berlin puts its clocks back on this Sunday, so two mornings at half past four are 25 hours apart.
  const start = Date.UTC(2026, 9, 23, 12);
  const clock = (): number => start + now();
  const next = cron("30 4 * * *", { timezone: "Europe/Berlin" });
  await run({ host: new VirtualHost() }, function* (): Routine<void> {
    yield* every(
      (after) => (times.length < 3 ? next(after) : null),
      function* ({ at }) {
        assert.equal(at, clock());
        times.push(new Date(at).toISOString());
      },
      { clock },
    );
  });
  assert.deepEqual(times, [
    "2026-10-24T02:30:00.000Z",
    "2026-10-25T03:30:00.000Z",
    "2026-10-26T03:30:00.000Z",
  ]);
});

test("cron: an expression of one moment is over after it", () => {
  const next = cron("0 0 12 24 12 * 2030", { timezone: "UTC" });
  const only = next(new Date(Date.UTC(2026, 0, 1)));
  assert.equal(only?.toISOString(), "2030-12-24T12:00:00.000Z");
  assert.equal(next(only), null);
});

test("cron: what is no expression, or no time zone, is an error at once", () => {
  assert.throws(() => cron("nonsense"), TypeError);
  assert.throws(() => cron("* * * * *", { timezone: "Mars/Olympus" }), TypeError);
});
