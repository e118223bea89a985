/** Waits between fibers, for kit-matrix.test.ts: how to let one go on, and what must still be true afterwards. */
import assert from "node:assert/strict";
import {
  Barrier,
  Broadcast,
  Channel,
  Condition,
  Event,
  Fiber,
  mailbox,
  Mutex,
  type Op,
  openPool,
  type Receiver,
  receive,
  type Routine,
  RwLock,
  select,
  Semaphore,
  type Sender,
  send,
  sleep,
  spawn,
  trySend,
} from "fibril";
import type { AnyFiber } from "./body.ts";

/** Something that fibers wait for. */
export interface Subject {
  /** What the fiber waits in. */
  readonly wait: () => Op<unknown> | Routine<unknown>;
  /** Makes sure that the next wait begins, and does not end at once. */
  prepare?(): Routine<void>;
  /** Lets the oldest go on. A plain call of the fiber that has prepared. */
  grant(waiter: AnyFiber): void;
  waiting(): number;
  /** How many of the waits have happened, as seen from the other side; nothing may remain to be handed over. */
  happened?(): number;
  /** Ends all waits, which then fail with this code. */
  readonly close?: () => void;
  readonly code?: string;
  /** Waits that go through a half, and the end of it. */
  readonly clone?: () => Half;
  /** Holds it while a routine runs. */
  readonly with?: (body: () => Routine<void>) => Op<void>;
}

export interface Half {
  readonly wait: () => Op<unknown> | Routine<unknown>;
  readonly drop: () => void;
}

export interface KitWait {
  readonly name: string;
  create(): Routine<Subject>;
}

/** Counts the fibers in a wait that has no figure for it. One that was woken or called off waits no longer. */
class Parked {
  private readonly fibers = new Set<AnyFiber>();

  get count(): number {
    return [...this.fibers].filter((fiber) => fiber.waitingOn !== undefined).length;
  }

  *in(wait: () => Op<unknown>): Routine<void> {
    const self = Fiber.current as AnyFiber;
    this.fibers.add(self);
    try {
      yield* wait();
    } finally {
      this.fibers.delete(self);
    }
  }
}

/** A fiber waits to send: the other side counts what arrives. */
function sending(capacity: number, halves: boolean): () => Routine<Subject> {
  return function* () {
    const channel = new Channel<number>(capacity);
    let arrived = 0;
    const takes = (): boolean => {
      const value = channel.tryReceive();
      if (value !== undefined && value > 0) arrived++;
      return value !== undefined;
    };
    const through = (half: Sender<number> | Channel<number>) => () => half.send(1);
    const first = halves ? channel.sender() : channel;
    return {
      wait: through(first),
      *prepare() {
        while (channel.stats().buffered < capacity) channel.trySend(0);
      },
      // One that has waited may be in the buffer now, and not be seen yet.
      grant: () => void takes(),
      waiting: () => channel.stats().sending,
      happened() {
        while (channel.stats().buffered > 0 && takes());
        return arrived;
      },
      close: () => channel.close(),
      code: "closed",
      ...(halves
        ? {
            clone() {
              const half = (first as Sender<number>).clone();
              return { wait: through(half), drop: () => half.close() };
            },
          }
        : {}),
    };
  };
}

type Way = (from: Receiver<string> | Channel<string>) => Op<unknown> | Routine<unknown>;

function receiving(
  way: Way,
  { code = "ended", halves = false }: { code?: string; halves?: boolean } = {},
): () => Routine<Subject> {
  return function* () {
    const channel = new Channel<string>(8);
    let granted = 0;
    const first = halves ? channel.receiver() : channel;
    return {
      wait: () => way(first),
      grant() {
        channel.trySend("message");
        granted++;
      },
      waiting: () => channel.stats().receiving,
      happened: () => granted - channel.tryDrain().length,
      close: () => channel.close(),
      code,
      ...(halves
        ? {
            clone() {
              const half = (first as Receiver<string>).clone();
              return { wait: () => way(half), drop: () => half.close() };
            },
          }
        : {}),
    };
  };
}

/** A lock, which the fiber that prepares holds until it grants it. */
function held(
  waiting: () => number,
  take: () => Op<unknown> | Routine<unknown>,
  give: () => void,
  body: (routine: () => Routine<void>) => Op<void>,
): Subject {
  let prepared = false;
  return {
    wait: () => body(function* () {}),
    *prepare() {
      if (!prepared) yield* take();
      prepared = true;
    },
    grant() {
      prepared = false;
      give();
    },
    waiting,
    with: body,
  };
}

function side(which: "read" | "write"): () => Routine<Subject> {
  return function* () {
    const lock = new RwLock();
    return held(
      () => lock.stats().waiting,
      () => lock.write.acquire(),
      () => lock.write.release(),
      (routine) => lock[which].with(routine),
    );
  };
}

export const kitWaits: readonly KitWait[] = [
  { name: "send, rendezvous", create: sending(0, false) },
  { name: "send, full channel", create: sending(1, false) },
  { name: "send through a half", create: sending(1, true) },
  { name: "receive", create: receiving((from) => from.receive()) },
  {
    name: "drain",
    create: receiving(function* (from) {
      // At the end of the channel it results in nothing, and in this table waits fail then.
      if ((yield* from.drain(1)).length === 0) yield* from.receive();
    }),
  },
  { name: "receive through a half", create: receiving((from) => from.receive(), { halves: true }) },
  {
    name: "select",
    create: receiving((from) =>
      select({ message: () => from.receive(), late: () => sleep(1_000_000) }),
    ),
  },
  {
    name: "send of a broadcast",
    *create() {
      const news = new Broadcast<number>(1);
      const subscriber = news.subscribe();
      let arrived = 0;
      const takes = (): boolean => {
        const value = news.closed && news.stats().subscribers === 0 ? 0 : subscriber.tryReceive();
        if (value !== undefined && value > 0) arrived++;
        return value !== undefined && value >= 0 && news.stats().behind > 0;
      };
      return {
        wait: () => news.send(1),
        *prepare() {
          if (news.stats().behind === 0) news.trySend(0);
        },
        grant: () => void takes(),
        waiting: () => news.stats().sending,
        happened() {
          while (takes());
          return arrived;
        },
        close: () => news.close(),
        code: "closed",
      };
    },
  },
  {
    name: "receive of a broadcast",
    *create() {
      const news = new Broadcast<string>(8);
      const subscriber = news.subscribe();
      const parked = new Parked();
      let granted = 0;
      const through = (half: Receiver<string>) => () => parked.in(() => half.receive());
      return {
        wait: through(subscriber),
        grant() {
          news.trySend("message");
          granted++;
        },
        waiting: () => parked.count,
        happened() {
          let left = 0;
          while (news.stats().behind > 0 && subscriber.tryReceive() !== undefined) left++;
          return granted - left;
        },
        close: () => news.close(),
        code: "ended",
        clone() {
          const half = subscriber.clone();
          return { wait: through(half), drop: () => half.close() };
        },
      };
    },
  },
  {
    name: "send to a mailbox",
    *create() {
      const owner = spawn("owner", () => sleep(Infinity));
      let capacity = 1;
      let fillers = 0;
      mailbox(owner, { capacity });
      return {
        wait: () => send(owner, "counts"),
        *prepare() {
          while (trySend(owner, "filler")) fillers++;
        },
        // The owner alone could receive. More room lets a sender go on at once, as a receive does.
        grant: () => void mailbox(owner, { capacity: ++capacity }),
        waiting: () => mailbox(owner).sending,
        happened: () => mailbox(owner).messages - fillers,
        close: () => void owner.cancel(),
        code: "broken",
      };
    },
  },
  {
    name: "receive of a mailbox",
    *create() {
      const parked = new Parked();
      let granted = 0;
      return {
        wait: () => parked.in(() => receive((message) => message === "this")),
        grant(waiter) {
          trySend(waiter, "another");
          trySend(waiter, "this");
          granted++;
        },
        waiting: () => parked.count,
        happened: () => granted,
      };
    },
  },
  {
    name: "mutex",
    *create() {
      const mutex = new Mutex();
      return held(
        () => mutex.stats().waiting,
        () => mutex.acquire(),
        () => mutex.release(),
        (routine) => mutex.with(routine),
      );
    },
  },
  {
    name: "semaphore",
    *create() {
      const semaphore = new Semaphore(2);
      return held(
        () => semaphore.stats().waiting,
        () => semaphore.acquire(2),
        () => semaphore.release(2),
        (routine) => semaphore.withPermits(2, routine),
      );
    },
  },
  { name: "lock.read", create: side("read") },
  { name: "lock.write", create: side("write") },
  {
    name: "pool",
    *create() {
      const pool = yield* openPool({
        limit: 1,
        *create() {
          return {};
        },
      });
      let resource: object | undefined;
      return held(
        () => pool.stats().waiting,
        function* () {
          resource = yield* pool.acquire();
        },
        () => pool.release(resource as object),
        (routine) => pool.with(() => routine()),
      );
    },
  },
  {
    name: "condition",
    *create() {
      const mutex = new Mutex();
      const changed = new Condition({ mutex });
      return {
        wait: () => mutex.with(() => changed.wait()),
        // Who notifies holds the mutex. The waiter then waits for it: that too is part of `wait`.
        grant() {
          assert.ok(mutex.tryAcquire());
          changed.notify();
          mutex.release();
        },
        waiting: () => changed.stats().waiting,
      };
    },
  },
  {
    name: "event",
    *create() {
      const event = new Event();
      return {
        wait: () => event.wait(),
        *prepare() {
          event.reset();
        },
        grant: () => void event.set(),
        waiting: () => event.stats().waiting,
      };
    },
  },
  {
    name: "barrier",
    *create() {
      const barrier = new Barrier(2);
      return {
        wait: () => barrier.wait(),
        grant: () => void barrier.tryWait(),
        waiting: () => barrier.stats().waiting,
      };
    },
  },
];
