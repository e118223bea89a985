/**
 * Tasks of Effection with its queues, which keep any number of messages, and its channel between them. It has no locks:
 * a queue holds a token for each task that may go on, which is what its own users write.
 */
import { createChannel, createQueue, race, sleep, spawn as fork, until } from "effection";
import { CONCURRENCY, PERMITS } from "#lab/tasks/between.js";
import {
  each,
  inOrder,
  lateness,
  n,
  startClock,
  stopClock,
  unit,
  upTo,
  weight,
} from "#lab/tasks/bench.js";
import { compute, NAP } from "#lab/tasks/trouble.js";
import { turn } from "./turn.mjs";

function* receive(queue) {
  return (yield* queue.next()).value;
}

function* serving(there, back) {
  for (let times = 1; times <= each; times += 2) {
    there.add(times);
    if (times < each) unit(yield* receive(back));
  }
}

function* returning(there, back) {
  for (let times = 1; times <= each; times += 2) {
    unit(yield* receive(there));
    if (times < each) back.add(times + 1);
  }
}

function* rendezvous() {
  const tasks = [];
  for (const _ of upTo(n)) {
    const there = createQueue();
    const back = createQueue();
    tasks.push(yield* fork(() => serving(there, back)));
    tasks.push(yield* fork(() => returning(there, back)));
  }
  for (const task of tasks) yield* task;
}

function* receiving(from) {
  for (let times = 1; times <= each; times++) unit(yield* receive(from));
}

/** A queue does not make its sender wait: everything is sent first. */
function* streams() {
  const tasks = [];
  for (const _ of upTo(n)) {
    const queue = createQueue();
    for (let times = 1; times <= each; times++) queue.add(times);
    tasks.push(yield* fork(() => receiving(queue)));
  }
  for (const task of tasks) yield* task;
}

function* passing(from, to, isLast) {
  for (let times = 1; times <= each; times++) {
    unit(yield* receive(from));
    if (!isLast) to.add(times);
    else if (times < each) to.add(times + 1);
  }
}

function* rings() {
  const queues = [];
  for (const _ of upTo(n)) queues.push(createQueue());
  inOrder(queues);
  const tasks = [];
  for (const [index, from] of queues.entries()) {
    tasks.push(yield* fork(() => passing(from, queues[(index + 1) % n], index === n - 1)));
  }
  startClock();
  queues[0].add(1);
  for (const task of tasks) yield* task;
}

function* broadcasts() {
  const channel = createChannel();
  const tasks = [];
  for (const _ of upTo(n)) {
    const subscription = yield* channel;
    tasks.push(yield* fork(() => receiving(subscription)));
  }
  for (let times = 1; times <= each; times++) yield* channel.send(times);
  for (const task of tasks) yield* task;
}

/** The source gives way after each number, because a queue would take all of them. */
function* counting(to) {
  for (let number = 2; ; number++) {
    to.add(number);
    yield* turn();
  }
}

function* filtering(prime, from, to) {
  for (;;) {
    const number = yield* receive(from);
    if (number % prime !== 0) to.add(number);
  }
}

function* sieve() {
  let from = createQueue();
  const tasks = [yield* fork(() => counting(from))];
  for (const _ of upTo(n)) {
    const source = from;
    const prime = yield* receive(source);
    unit(prime);
    const to = createQueue();
    tasks.push(yield* fork(() => filtering(prime, source, to)));
    from = to;
  }
  stopClock();
  for (const task of tasks) yield* task.halt();
}

const settled = Promise.resolve();

/** Spawns N tasks and waits until all of them have come to their first wait. */
function* standing(work) {
  const tasks = [];
  const crowd = { begun: 0 };
  for (const _ of upTo(n)) {
    tasks.push(
      yield* fork(function* () {
        crowd.begun++;
        yield* work();
      }),
    );
  }
  while (crowd.begun < n) yield* until(settled);
  return tasks;
}

function* lines() {
  const queue = createQueue();
  const tasks = yield* standing(() => receiving(queue));
  startClock();
  for (let lap = 1; lap <= each; lap++) {
    for (let index = 0; index < n; index++) queue.add(lap);
  }
  for (const task of tasks) yield* task;
}

function* handing(from, to) {
  for (let times = 1; times <= each; times++) to.add(yield* receive(from));
}

function* fans() {
  const out = createQueue();
  const back = createQueue();
  const tasks = [];
  for (const _ of upTo(n)) tasks.push(yield* fork(() => handing(out, back)));
  for (let times = 1; times <= each; times++) {
    for (let index = 0; index < n; index++) out.add(times);
  }
  for (let time = 0; time < n * each; time++) unit(yield* receive(back));
  for (const task of tasks) yield* task;
}

function* selects() {
  const queues = [];
  for (const _ of upTo(n)) queues.push(createQueue());
  startClock();
  for (let lap = 1; lap <= each; lap++) {
    for (const queue of queues) {
      queue.add(lap);
      unit(yield* race(queues.map(receive)));
    }
  }
}

function* sleeping() {
  for (;;) {
    lateness.expect(NAP);
    yield* sleep(NAP);
    lateness.came();
  }
}

function* draining(queue) {
  for (let times = 1; times <= each; times++) {
    unit(yield* receive(queue));
    compute();
  }
}

function* drains() {
  const queue = createQueue();
  for (let lap = 1; lap <= each; lap++) {
    for (let index = 0; index < n; index++) queue.add(lap);
  }
  const sleeper = yield* fork(sleeping);
  yield* sleep(NAP);
  const tasks = [];
  for (const _ of upTo(n)) tasks.push(yield* fork(() => draining(queue)));
  for (const task of tasks) yield* task;
  stopClock();
  yield* sleeper.halt();
}

function tokens(count) {
  const queue = createQueue();
  for (let token = 0; token < count; token++) queue.add(token);
  return queue;
}

function* holding(lock, work) {
  for (let times = 1; times <= each; times++) {
    const token = yield* receive(lock);
    try {
      yield* work(times);
    } finally {
      lock.add(token);
    }
  }
}

// oxlint-disable-next-line require-yield -- what is measured is the lock
function* counted(times) {
  unit(times);
}

function* held(times) {
  unit(times);
  yield* turn();
}

function* locks() {
  const tasks = [];
  for (const _ of upTo(n)) {
    const lock = tokens(1);
    tasks.push(yield* fork(() => holding(lock, counted)));
  }
  for (const task of tasks) yield* task;
}

function* handOvers() {
  const lock = tokens(0);
  const tasks = yield* standing(() => holding(lock, held));
  startClock();
  lock.add(0);
  for (const task of tasks) yield* task;
}

function* semaphores() {
  const permits = tokens(PERMITS);
  const tasks = [];
  for (const _ of upTo(n)) tasks.push(yield* fork(() => holding(permits, held)));
  for (const task of tasks) yield* task;
}

/** So many tasks share one iterator. */
function* maps() {
  const results = [];
  const items = upTo(n);
  const working = function* () {
    for (const index of items) {
      yield* turn();
      results[index] = weight(index);
    }
  };
  const tasks = [];
  for (let worker = 0; worker < CONCURRENCY; worker++) tasks.push(yield* fork(working));
  for (const task of tasks) yield* task;
  for (const result of results) unit(result);
}

export const between = {
  rendezvous,
  stream: streams,
  "channel-ring": rings,
  sieve,
  line: lines,
  fan: fans,
  select: selects,
  broadcast: broadcasts,
  drain: drains,
  lock: locks,
  "hand-over": handOvers,
  semaphore: semaphores,
  map: maps,
};
