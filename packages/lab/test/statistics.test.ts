/**
 * What can be concluded from figures. Every series here is made from a seed, so each test has one
 * answer.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { correlation } from "#lab/statistics/correlation.js";
import { effect, pairedEffect } from "#lab/statistics/effect.js";
import { medianInterval } from "#lab/statistics/interval.js";
import { tooNoisy, uncertainty } from "#lab/statistics/noise.js";
import { outliers } from "#lab/statistics/outliers.js";
import { seeded } from "#lab/statistics/random.js";
import { settled, slowStart } from "#lab/statistics/warm-up.js";

/** Rates as a shared machine gives them: never faster than it can, often slower. */
function rates(chance: () => number, count: number, typical: number, noise: number): number[] {
  return Array.from({ length: count }, () => {
    const normal = Math.sqrt(-2 * Math.log(1 - chance())) * Math.cos(2 * Math.PI * chance());
    return typical * Math.exp(-Math.abs(normal) * noise + 0.6745 * noise);
  });
}

test("chance with a seed repeats, is even, and differs from seed to seed", () => {
  const draw = (seed: number): number[] => Array.from({ length: 1000 }, seeded(seed));
  assert.deepEqual(draw(1), draw(1));
  assert.notDeepEqual(draw(1), draw(2));
  const tenths = Array.from({ length: 10 }, () => 0);
  for (const value of draw(3)) tenths[Math.floor(value * 10)]! += 1;
  for (const members of tenths) assert.ok(Math.abs(members - 100) < 40, tenths.join(" "));
});

test("the interval holds the true median about as often as it says", () => {
  for (const [count, least] of [
    [8, 0.87],
    [20, 0.9],
  ] as const) {
    const chance = seeded(count);
    let held = 0;
    for (let set = 0; set < 300; set++) {
      const { low, high } = medianInterval(rates(chance, count, 100, 0.2));
      if (low <= 100 && 100 <= high) held += 1;
    }
    assert.ok(held / 300 >= least && held < 300, `${count} repeats: ${held} of 300`);
  }
});

test("few repeats are all of the interval, and it says that this is less than 95 %", () => {
  const found = medianInterval([3, 1, 2]);
  assert.deepEqual([found.low, found.middle, found.high], [1, 2, 3]);
  assert.equal(found.confidence, 0.75);
  assert.equal(medianInterval([5]).confidence, 0);
  assert.equal(medianInterval([1, 2, 3, 4, 5, 6, 7]).confidence, 0.95);
});

test("noise is half the interval against the median", () => {
  const found = { low: 80, middle: 100, high: 120, confidence: 0.95 };
  assert.equal(uncertainty(found), 0.2);
  assert.ok(tooNoisy(found));
  assert.ok(!tooNoisy({ ...found, low: 95, high: 105 }));
});

test("an outlier is found, on either side, and a wide spread alone is none", () => {
  assert.deepEqual(outliers([10, 10.1, 9.9, 10.2, 3, 9.8, 10]), [4]);
  assert.deepEqual(outliers([10, 10.1, 9.9, 10.2, 30, 9.8, 10]), [4]);
  assert.deepEqual(outliers([5, 10, 15, 20, 25, 30]), []);
  assert.deepEqual(outliers([1, 100, 1]), []);
  assert.deepEqual(outliers([7, 7, 7, 7, 7]), []);
});

test("a warm-up is settled when the last slices are no faster than the ones before", () => {
  assert.ok(!settled([1, 2, 3, 4, 5, 6, 7, 8]));
  assert.ok(settled([1, 2, 3, 4, 5, 5, 5, 5, 5, 5, 5, 5]));
  assert.ok(settled([5, 5, 5, 5, 5, 5, 1, 5]));
  assert.ok(!settled([5, 5, 5]));
});

test("a slow start is counted, one bad moment is none, and a short series is not judged", () => {
  const steady = [10, 10.1, 9.9, 10, 10.2, 9.8, 10, 10.1, 9.9, 10];
  assert.equal(slowStart(steady), 0);
  assert.equal(slowStart([2, 3, 4, ...steady]), 2);
  assert.equal(slowStart([2, 2, 2, 2, 2, 2, ...steady]), 5);
  assert.equal(slowStart([3, ...steady]), 0);
  assert.equal(slowStart([1, 2, 3]), undefined);
});

test("faster, slower and same are told apart, both ways round", () => {
  const chance = seeded(4);
  const a = rates(chance, 12, 100, 0.05);
  const b = rates(chance, 12, 130, 0.05);
  for (const compare of [effect, pairedEffect]) {
    const gain = compare(a, b);
    assert.equal(gain.judgement, "faster");
    assert.ok(gain.ratio.low < 1.3 && 1.3 < gain.ratio.high, JSON.stringify(gain.ratio));
    assert.equal(gain.delta, 1);
    assert.equal(compare(b, a).judgement, "slower");
    assert.equal(compare(a, a).delta, 0);
  }
  const c = rates(chance, 25, 100, 0.03);
  const d = rates(chance, 25, 100, 0.03);
  assert.equal(effect(c, d).judgement, "same");
});

test("a machine that slows both does not hide the difference, when rounds are compared", () => {
  const chance = seeded(5);
  const load = Array.from({ length: 10 }, (_, round) => (round % 3 === 0 ? 0.4 : 1));
  const a = rates(chance, 10, 100, 0.02).map((rate, round) => rate * (load[round] as number));
  const b = rates(chance, 10, 120, 0.02).map((rate, round) => rate * (load[round] as number));
  assert.equal(pairedEffect(a, b).judgement, "faster");
  assert.equal(effect(a, b).judgement, "too noisy to tell");
});

test("noise is called noise, and few repeats are not evidence", () => {
  const chance = seeded(6);
  const a = rates(chance, 8, 100, 0.6);
  const b = rates(chance, 8, 104, 0.6);
  assert.equal(effect(a, b).judgement, "too noisy to tell");
  assert.equal(effect([1, 1, 1, 1], [9, 9, 9, 9]).judgement, "too noisy to tell");
});

test("equal things are seldom called different", () => {
  const chance = seeded(7);
  let wrong = 0;
  for (let set = 0; set < 300; set++) {
    const { judgement } = pairedEffect(rates(chance, 10, 100, 0.15), rates(chance, 10, 100, 0.15));
    if (judgement === "faster" || judgement === "slower") wrong += 1;
  }
  assert.ok(wrong <= 30, `${wrong} of 300`);
});

test("a difference below the margin is the same, however sure it is", () => {
  const chance = seeded(8);
  const a = rates(chance, 30, 100, 0.01);
  const b = rates(chance, 30, 103, 0.01);
  assert.equal(pairedEffect(a, b).judgement, "same");
  assert.equal(pairedEffect(a, b, 0.01).judgement, "faster");
});

test("a correlation needs three points that move", () => {
  const line = [1, 2, 3, 4].map((x): [number, number] => [x, 2 * x + 1]);
  const straight = correlation(line);
  assert.ok(straight && straight.linear > 0.999_999 && straight.ranks > 0.999_999);
  assert.equal(straight.points, 4);
  const bent = correlation([1, 2, 3, 4].map((x): [number, number] => [x, -(10 ** x)]));
  assert.ok(bent && bent.ranks < -0.999_999 && bent.linear > -1 && bent.linear < -0.7);
  assert.equal(correlation(line.slice(0, 2)), undefined);
  assert.equal(
    correlation([
      [1, 5],
      [2, 5],
      [3, 5],
    ]),
    undefined,
  );
});
