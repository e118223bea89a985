"use fibers";
/** Tasks that send each other messages. */
import { Channel, select, spawn, type Task, yieldNow } from "fibril/direct";
import { SLOTS } from "../between.js";
import { each, inOrder, n, startClock, stopClock, unit, upTo } from "../bench.js";

function receiving(from: Channel<number>, times: number): void {
  for (let time = 0; time < times; time++) unit(from.receive());
}

function serving(there: Channel<number>, back: Channel<number>): void {
  for (let times = 1; times <= each; times += 2) {
    there.send(times);
    if (times < each) unit(back.receive());
  }
}

function returning(there: Channel<number>, back: Channel<number>): void {
  for (let times = 1; times <= each; times += 2) {
    unit(there.receive());
    if (times < each) back.send(times + 1);
  }
}

/** N pairs of tasks send each other a number, from hand to hand. */
export function rendezvous(): void {
  for (const _ of upTo(n)) {
    const there = new Channel<number>();
    const back = new Channel<number>();
    spawn(serving, there, back);
    spawn(returning, there, back);
  }
}

function streaming(to: Channel<number>): void {
  for (let times = 1; times <= each; times++) to.send(times);
}

/** N producers, each with a consumer of its own and a channel between them that keeps messages. */
export function streams(): void {
  for (const _ of upTo(n)) {
    const channel = new Channel<number>(SLOTS);
    spawn(streaming, channel);
    spawn(receiving, channel, each);
  }
}

function passing(from: Channel<number>, to: Channel<number>, isLast: boolean): void {
  for (let times = 1; times <= each; times++) {
    unit(from.receive());
    if (!isLast) to.send(times);
    else if (times < each) to.send(times + 1);
  }
}

/** A token goes round a ring of N tasks, from channel to channel. */
export function rings(): void {
  const channels: Channel<number>[] = [];
  for (const _ of upTo(n)) channels.push(new Channel<number>());
  inOrder(channels);
  const tasks: Task<void>[] = [];
  for (const [index, channel] of channels.entries()) {
    const next = channels[(index + 1) % n]!;
    tasks.push(spawn(passing, channel, next, index === n - 1));
  }
  startClock();
  channels[0]!.send(1);
  for (const task of tasks) task.join();
}

function counting(to: Channel<number>): void {
  for (let number = 2; ; number++) to.send(number);
}

function filtering(prime: number, from: Channel<number>, to: Channel<number>): void {
  for (;;) {
    const number = from.receive();
    if (number % prime !== 0) to.send(number);
  }
}

/** The first N primes, by a chain of filters. */
export function sieve(): void {
  const tasks: Task<void>[] = [];
  let from = new Channel<number>();
  tasks.push(spawn(counting, from));
  for (const _ of upTo(n)) {
    const prime = from.receive();
    unit(prime);
    const to = new Channel<number>();
    tasks.push(spawn(filtering, prime, from, to));
    from = to;
  }
  stopClock();
  for (const task of tasks) task.cancel();
}

/** All N tasks wait in the line of one channel, and each gets its message in turn. */
export function lines(): void {
  const channel = new Channel<number>();
  const tasks: Task<void>[] = [];
  for (const _ of upTo(n)) tasks.push(spawn(receiving, channel, each));
  while (channel.stats().receiving < n) yieldNow();
  startClock();
  for (let lap = 1; lap <= each; lap++) {
    for (let index = 0; index < n; index++) channel.send(lap);
  }
  for (const task of tasks) task.join();
}

function handing(from: Channel<number>, to: Channel<number>): void {
  for (let times = 1; times <= each; times++) to.send(from.receive());
}

function handingOut(to: Channel<number>): void {
  for (let times = 1; times <= each; times++) {
    for (let index = 0; index < n; index++) to.send(times);
  }
}

/** One task hands messages out to N workers, and one gathers what they pass on. */
export function fans(): void {
  const out = new Channel<number>(SLOTS);
  const back = new Channel<number>(SLOTS);
  for (const _ of upTo(n)) spawn(handing, out, back);
  spawn(handingOut, out);
  receiving(back, n * each);
}

/** One task selects among N channels, one of which has a message. */
export function selects(): void {
  const channels: Channel<number>[] = [];
  for (const _ of upTo(n)) channels.push(new Channel<number>(1));
  const cases = Object.fromEntries(
    channels.map((channel, index) => [index, (): number => channel.receive()]),
  );
  startClock();
  for (let lap = 1; lap <= each; lap++) {
    for (const channel of channels) {
      channel.trySend(lap);
      unit(select(cases).value);
    }
  }
}
