/** Tasks as async functions: promises, and the timers of the host. */
import { setTimeout as sleep } from "node:timers/promises";
import {
  each,
  inOrder,
  lateness,
  measure,
  n,
  seesContext,
  startClock,
  stopClock,
  total,
  unit,
  units,
  upTo,
  weight,
} from "#lab/tasks/bench.js";
import { between } from "./between/async.mjs";
import { halves } from "#lab/tasks/halves.js";
import { compute, countFailures, fail, NAP } from "#lab/tasks/trouble.js";

/** A task waits for this until another opens it. */
function gate() {
  let open;
  const opened = new Promise((resolve) => (open = resolve));
  return { opened, open };
}

/** Awaiting it gives one turn away. */
const turn = Promise.resolve();

async function spawned(index) {
  await turn;
  return weight(index);
}

async function spawnedAtOnce(index) {
  return weight(index);
}

const joined = (work) => async () => {
  const tasks = [];
  for (const index of upTo(n)) tasks.push(work(index));
  for (const running of tasks) unit(await running);
};

/** A tree of tasks, ten children a node, that adds up the numbers of its `n` leaves. */
async function skynet() {
  const node = async (first, leaves) => {
    unit(leaves === 1 ? first : 0);
    if (leaves === 1) return first;
    const children = [];
    const share = leaves / 10;
    for (let child = 0; child < 10; child++) children.push(node(first + child * share, share));
    let sum = 0;
    for (const child of children) sum += await child;
    return sum;
  };
  total(await node(0, n));
}

async function sleeper() {
  await sleep(each * 1000);
  unit(1);
}

async function sleepers() {
  const tasks = [];
  for (const _ of upTo(n)) tasks.push(sleeper());
  await Promise.all(tasks);
}

async function yielding(start) {
  if (!(await start)) return;
  for (let times = 1; times <= each; times++) {
    unit(times);
    await turn;
  }
  seesContext();
}

/** A task that waits to be told whether it is to run. */
function standing() {
  const { opened, open } = gate();
  return { open, ended: yielding(opened) };
}

function allStanding() {
  const tasks = [];
  for (const _ of upTo(n)) tasks.push(standing());
  return tasks;
}

async function storm(tasks) {
  inOrder(tasks);
  startClock();
  for (const { open } of tasks) open(true);
  await Promise.all(tasks.map(({ ended }) => ended));
}

const yields = () => storm(allStanding());

/** The same after a random half of the tasks has been replaced three times. */
async function yieldsReplaced() {
  const tasks = allStanding();
  for (const half of halves(n)) {
    for (const place of half) tasks[place].open(false);
    // oxlint-disable-next-line no-await-in-loop -- the halves are replaced one after the other
    await Promise.all(half.map((place) => tasks[place].ended));
    for (const place of half) tasks[place] = standing();
  }
  await storm(tasks);
}

async function limited(work) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(reject, each * 1000, new Error("timed out"));
  });
  const result = await Promise.race([work, late]);
  clearTimeout(timer);
  return result;
}

async function waiting(given) {
  unit(await limited(given));
}

/** Every task waits under its own timeout, and gets what it waits for in time. */
async function timeouts() {
  const gates = [];
  const tasks = [];
  for (const _ of upTo(n)) {
    const wait = gate();
    gates.push(wait);
    tasks.push(waiting(wait.opened));
  }
  for (const [index, wait] of gates.entries()) wait.open(weight(index));
  await Promise.all(tasks);
}

/** Timeouts one after the other, around work that ends in time. */
async function limits() {
  for (const index of upTo(n)) unit(await limited(spawnedAtOnce(index)));
}

/** For each task the function that ends its wait. It takes whether the task goes on. */
const wakes = [];

async function waitingOften(index) {
  for (let times = 1; ; times++) {
    const promise = new Promise((resolve) => {
      wakes[index] = resolve;
    });
    if (!(await promise)) return;
    unit(times);
  }
}

/** Tasks that are woken lap after lap. */
async function waits() {
  wakes.length = 0;
  for (const index of upTo(n)) void waitingOften(index);
  await turn;
  const order = inOrder([...wakes.keys()]);
  const wakeAll = (goOn) => {
    for (const index of order) wakes[index](goOn);
  };
  startClock();
  for (let lap = 1; lap <= each; lap++) {
    wakeAll(true);
    // oxlint-disable-next-line no-await-in-loop -- it waits for the end of the lap
    while (units() < lap * n) await turn;
  }
  stopClock();
  wakeAll(false);
}

async function once(lap) {
  await turn;
  return lap;
}

/** Spawns N tasks that wait once each, and joins them, lap after lap. */
async function joins() {
  for (let lap = 1; lap <= each; lap++) {
    const tasks = [];
    for (let index = 0; index < n; index++) tasks.push(once(lap));
    // oxlint-disable-next-line no-await-in-loop -- this is what is measured
    for (const running of tasks) unit(await running);
  }
}

async function failing(index, ended) {
  try {
    await ended;
  } finally {
    fail(index);
  }
}

/** All tasks fail in their clean-up, because what they belong to has failed. */
async function failures() {
  const ending = new AbortController();
  const ended = new Promise((_, reject) => {
    ending.signal.addEventListener("abort", () => reject(ending.signal.reason));
  });
  const tasks = [];
  for (const index of upTo(n)) tasks.push(failing(index, ended));
  const outcomes = Promise.allSettled(tasks);
  startClock();
  ending.abort();
  const errors = (await outcomes).map(({ reason }) => reason);
  stopClock();
  countFailures(errors);
}

async function taking() {
  for (let times = 1; times <= each; times++) {
    // oxlint-disable-next-line no-await-in-loop -- this is what is measured
    await turn;
    compute();
    unit(times);
  }
}

/** Tasks whose waits end at once, and one more that sleeps again and again. */
async function takesAtOnce() {
  const over = new AbortController();
  const sleeping = async () => {
    while (!over.signal.aborted) {
      lateness.expect(NAP);
      // oxlint-disable-next-line no-await-in-loop -- the naps follow one another
      await sleep(NAP);
      lateness.came();
    }
  };
  void sleeping();
  await sleep(NAP);
  const tasks = [];
  for (const _ of upTo(n)) tasks.push(taking());
  await Promise.all(tasks);
  stopClock();
  over.abort();
}

await measure({
  spawn: joined(spawned),
  "spawn-at-once": joined(spawnedAtOnce),
  skynet,
  sleep: sleepers,
  yield: yields,
  "yield-replaced": yieldsReplaced,
  timeout: timeouts,
  limits,
  suspend: waits,
  park: waits,
  until: waits,
  join: joins,
  failures,
  "at-once": takesAtOnce,
  ...between,
});
