/** What a scheduler must withstand: many failures at once, and tasks that never have to wait. */
import { park, type Routine, scope, type Scope, sleep, spawn, suspend, yieldNow } from "fibril";
import { each, lateness, n, startClock, stopClock, unit, upTo } from "../bench.js";
import { compute, countFailures, fail, NAP } from "../trouble.js";

const crowd = { standing: 0 };

function* failing(index: number): Routine<void> {
  try {
    crowd.standing++;
    yield* park();
  } finally {
    fail(index);
  }
}

/** N children fail in their clean-up, because their scope has failed. */
export function* failures(): Routine<void> {
  crowd.standing = 0;
  try {
    yield* scope(function* () {
      for (const index of upTo(n)) spawn(failing, index);
      while (crowd.standing < n) yield* yieldNow();
      startClock();
      throw new Error("why all of them end");
    });
  } catch (error) {
    stopClock();
    countFailures((error as AggregateError).errors);
  }
}

function* taking(): Routine<void> {
  for (let times = 1; times <= each; times++) {
    yield* suspend((wake) => wake());
    compute();
    unit(times);
  }
}

function* sleeping(): Routine<void> {
  for (;;) {
    lateness.expect(NAP);
    yield* sleep(NAP);
    lateness.came();
  }
}

/** N tasks whose waits end at once, and one more task that sleeps again and again. */
export function* takesAtOnce(): Routine<void> {
  yield* scope(function* (all: Scope): Routine<void> {
    all.daemon(sleeping);
    yield* sleep(NAP);
    for (const _ of upTo(n)) spawn(taking);
  });
}
