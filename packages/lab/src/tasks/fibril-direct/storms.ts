"use fibers";
/** Tasks that give their turns away, again and again. */
import { park, spawn, type Task, unpark, yieldNow } from "fibril/direct";
import { each, inOrder, n, seesContext, startClock, unit, upTo } from "../bench.js";

/** Counts the tasks that have begun to wait. */
const crowd = { standing: 0 };

function yielding(): void {
  crowd.standing++;
  park();
  for (let times = 1; times <= each; times++) {
    unit(times);
    yieldNow();
  }
  seesContext();
}

/** Each task is woken once and then gives its turn away `each` times. */
export function yields(): void {
  crowd.standing = 0;
  const tasks: Task<void>[] = [];
  for (const _ of upTo(n)) tasks.push(spawn(yielding));
  while (crowd.standing < n) yieldNow();
  const toWake = inOrder([...tasks]);
  startClock();
  for (const task of toWake) unpark(task);
  for (const task of tasks) task.join();
}
