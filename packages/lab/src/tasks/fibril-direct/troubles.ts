"use fibers";
/** What a scheduler must withstand: many failures at once, and tasks that never have to wait. */
import { daemon, park, scope, sleep, spawn, suspend, yieldNow } from "fibril/direct";
import { each, lateness, n, startClock, stopClock, unit, upTo } from "../bench.js";
import { compute, countFailures, fail, NAP } from "../trouble.js";

const crowd = { standing: 0 };

function failing(index: number): void {
  try {
    crowd.standing++;
    park();
  } finally {
    fail(index);
  }
}

/** N children fail in their clean-up, because their scope has failed. */
export function failures(): void {
  crowd.standing = 0;
  try {
    scope(() => {
      for (const index of upTo(n)) spawn(failing, index);
      while (crowd.standing < n) yieldNow();
      startClock();
      throw new Error("why all of them end");
    });
  } catch (error) {
    stopClock();
    countFailures((error as AggregateError).errors);
  }
}

function taking(): void {
  for (let times = 1; times <= each; times++) {
    suspend((wake) => wake());
    compute();
    unit(times);
  }
}

function sleeping(): void {
  for (;;) {
    lateness.expect(NAP);
    sleep(NAP);
    lateness.came();
  }
}

/** N tasks whose waits end at once, and one more task that sleeps again and again. */
export function takesAtOnce(): void {
  scope(() => {
    daemon(sleeping);
    sleep(NAP);
    for (const _ of upTo(n)) spawn(taking);
  });
}
