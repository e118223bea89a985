/** Tasks of Effection with its queues, which keep any number of messages, and its channel between them. */
import { createChannel, createQueue, spawn as fork } from "effection";
import { each, inOrder, n, startClock, unit, upTo } from "#lab/tasks/bench.js";

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

export const between = {
  rendezvous,
  stream: streams,
  "channel-ring": rings,
  broadcast: broadcasts,
};
