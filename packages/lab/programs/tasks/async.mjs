/** Tasks as async functions: promises, and the timers of the host. */
import { setTimeout as sleep } from "node:timers/promises";
import {
  each,
  inOrder,
  measure,
  n,
  seesContext,
  startClock,
  total,
  unit,
  upTo,
  weight,
} from "#lab/tasks/bench.js";

/** What a task waits for until somebody opens it. */
function gate() {
  let open;
  const opened = new Promise((resolve) => (open = resolve));
  return { opened, open };
}

/** Who awaits it gives one turn away. */
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
  await start;
  for (let times = 1; times <= each; times++) {
    unit(times);
    await turn;
  }
  seesContext();
}

async function yields() {
  const gates = [];
  const tasks = [];
  for (const _ of upTo(n)) {
    const start = gate();
    gates.push(start);
    tasks.push(yielding(start.opened));
  }
  inOrder(gates);
  startClock();
  for (const start of gates) start.open();
  await Promise.all(tasks);
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

/** Every task waits under a timeout of its own, and is given what it waits for. */
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

/** One after the other, for work that ends in time. */
async function limits() {
  for (const index of upTo(n)) unit(await limited(spawnedAtOnce(index)));
}

await measure({
  spawn: joined(spawned),
  "spawn-at-once": joined(spawnedAtOnce),
  skynet,
  sleep: sleepers,
  yield: yields,
  timeout: timeouts,
  limits,
});
