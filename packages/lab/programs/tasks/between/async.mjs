/**
 * Async functions with channels between them, written by hand, as programs do that have no library for it:
 * promises in a queue. `stream` is an async generator.
 */
// oxlint-disable no-await-in-loop -- this is what is measured
import { setTimeout as sleep } from "node:timers/promises";
import { CONCURRENCY, SLOTS } from "#lab/tasks/between.js";
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

/** A line, first-in first-out, that does not move its items. */
class Line {
  #items = [];
  #first = 0;

  get size() {
    return this.#items.length - this.#first;
  }

  push(item) {
    this.#items.push(item);
  }

  shift() {
    const item = this.#items[this.#first];
    this.#items[this.#first++] = undefined;
    if (this.#first > 1_000 && this.#first * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#first);
      this.#first = 0;
    }
    return item;
  }
}

const given = Promise.resolve();

class Channel {
  #capacity;
  #messages = new Line();
  #senders = new Line();
  #receivers = new Line();

  constructor(capacity = 0) {
    this.#capacity = capacity;
  }

  send(value) {
    if (this.#receivers.size > 0) {
      this.#receivers.shift()(value);
      return given;
    }
    this.#messages.push(value);
    if (this.#messages.size <= this.#capacity) return given;
    return new Promise((resolve) => this.#senders.push(resolve));
  }

  receive() {
    if (this.#messages.size === 0) {
      return new Promise((resolve) => this.#receivers.push(resolve));
    }
    const value = this.#messages.shift();
    if (this.#senders.size > 0) this.#senders.shift()();
    return Promise.resolve(value);
  }
}

async function serving(there, back) {
  for (let times = 1; times <= each; times += 2) {
    await there.send(times);
    if (times < each) unit(await back.receive());
  }
}

async function returning(there, back) {
  for (let times = 1; times <= each; times += 2) {
    unit(await there.receive());
    if (times < each) await back.send(times + 1);
  }
}

async function rendezvous() {
  const tasks = [];
  for (const _ of upTo(n)) {
    const there = new Channel();
    const back = new Channel();
    tasks.push(serving(there, back), returning(there, back));
  }
  await Promise.all(tasks);
}

async function* producing() {
  for (let times = 1; times <= each; times++) yield times;
}

async function consuming() {
  for await (const value of producing()) unit(value);
}

async function streams() {
  const tasks = [];
  for (const _ of upTo(n)) tasks.push(consuming());
  await Promise.all(tasks);
}

async function passing(from, to, isLast) {
  for (let times = 1; times <= each; times++) {
    unit(await from.receive());
    if (!isLast) await to.send(times);
    else if (times < each) await to.send(times + 1);
  }
}

async function rings() {
  const channels = [];
  for (const _ of upTo(n)) channels.push(new Channel());
  inOrder(channels);
  const tasks = channels.map((from, index) =>
    passing(from, channels[(index + 1) % n], index === n - 1),
  );
  startClock();
  await channels[0].send(1);
  await Promise.all(tasks);
}

async function counting(to, search) {
  for (let number = 2; !search.over; number++) await to.send(number);
}

async function filtering(prime, from, to, search) {
  while (!search.over) {
    const number = await from.receive();
    if (number % prime !== 0) await to.send(number);
  }
}

/** The first N primes. Each filter ends when the last prime has been found. */
async function sieve() {
  const search = { over: false };
  let from = new Channel();
  void counting(from, search);
  for (const _ of upTo(n)) {
    const prime = await from.receive();
    unit(prime);
    const to = new Channel();
    void filtering(prime, from, to, search);
    from = to;
  }
  stopClock();
  search.over = true;
}

async function receiving(from, times) {
  for (let time = 0; time < times; time++) unit(await from.receive());
}

async function lines() {
  const channel = new Channel();
  const tasks = [];
  for (const _ of upTo(n)) tasks.push(receiving(channel, each));
  startClock();
  for (let lap = 1; lap <= each; lap++) {
    for (let index = 0; index < n; index++) await channel.send(lap);
  }
  await Promise.all(tasks);
}

async function handing(from, to) {
  for (let times = 1; times <= each; times++) await to.send(await from.receive());
}

async function handingOut(to) {
  for (let times = 1; times <= each; times++) {
    for (let index = 0; index < n; index++) await to.send(times);
  }
}

async function fans() {
  const out = new Channel(SLOTS);
  const back = new Channel(SLOTS);
  for (const _ of upTo(n)) void handing(out, back);
  void handingOut(out);
  await receiving(back, n * each);
}

function coming() {
  let send;
  const message = new Promise((resolve) => (send = resolve));
  return { message, send };
}

async function listening(first) {
  for (let from = first, times = 1; times <= each; times++) {
    const { value, following } = await from;
    unit(value);
    from = following;
  }
}

/** Each subscriber awaits the promise of the next message, which leads to the one after it. */
async function broadcasts() {
  let now = coming();
  const tasks = [];
  for (const _ of upTo(n)) tasks.push(listening(now.message));
  for (let value = 1; value <= each; value++) {
    const after = coming();
    now.send({ value, following: after.message });
    now = after;
    await given;
  }
  await Promise.all(tasks);
}

async function drains() {
  const channel = new Channel(n * each);
  for (let lap = 1; lap <= each; lap++) {
    for (let index = 0; index < n; index++) void channel.send(lap);
  }
  const over = new AbortController();
  const sleeping = async () => {
    while (!over.signal.aborted) {
      lateness.expect(NAP);
      await sleep(NAP);
      lateness.came();
    }
  };
  void sleeping();
  await sleep(NAP);
  const draining = async () => {
    for (let times = 1; times <= each; times++) {
      unit(await channel.receive());
      compute();
    }
  };
  const tasks = [];
  for (const _ of upTo(n)) tasks.push(draining());
  await Promise.all(tasks);
  stopClock();
  over.abort();
}

/** So many workers share one iterator: what people write where they have no library for it. */
async function maps() {
  const results = [];
  const items = upTo(n);
  const working = async () => {
    for (const index of items) {
      await given;
      results[index] = weight(index);
    }
  };
  const workers = [];
  for (let worker = 0; worker < CONCURRENCY; worker++) workers.push(working());
  await Promise.all(workers);
  for (const result of results) unit(result);
}

export const between = {
  rendezvous,
  stream: streams,
  "channel-ring": rings,
  sieve,
  line: lines,
  fan: fans,
  broadcast: broadcasts,
  drain: drains,
  map: maps,
};
