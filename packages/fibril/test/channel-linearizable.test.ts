/**
 * Random concurrent histories of channels are linearizable. Fibers send and receive, in ways that wait and ways that
 * do not; they are cancelled, killed and raised into, and the channel is closed at some moment. support/sequential.ts
 * says what a channel without concurrency does.
 *
 * FIBRIL_CHANNEL_RUNS  how many; FIBRIL_SEED  which
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  Cancelled,
  Channel,
  FiberError,
  locality,
  type Policy,
  type Routine,
  scope,
  type Scope,
  seeded,
  supervised,
  yieldNow,
} from "fibril";
import type { AnyFiber } from "./support/body.ts";
import { Choices, type Draws } from "./support/choices.ts";
import { isLinearizable } from "./support/linearizable.ts";
import { play } from "./support/manual-host.ts";
import { SEED } from "./support/seed.ts";
import { type ChannelCall, SequentialChannel } from "./support/sequential.ts";

const RUNS = Number(process.env["FIBRIL_CHANNEL_RUNS"] ?? 400);

/** Calls of one run: so many that the search ends. */
const MOST = 28;

class Raised extends Error {}

interface Worker {
  fiber: AnyFiber;
  /** A request that is cancelled alone, and after which the worker goes on. */
  inner: Scope | undefined;
  violated: boolean;
}

class History {
  readonly calls: ChannelCall[] = [];
  readonly model: SequentialChannel;
  private readonly channel: Channel<number>;
  private readonly draws: Draws;
  private clock = 0;
  private values = 0;
  private begun = 0;

  constructor(draws: Draws) {
    this.draws = draws;
    const overflow = draws.pick(["wait", "wait", "wait", "sliding", "dropping"] as const);
    const capacity = overflow === "wait" ? draws.pick([0, 1, 2, Infinity]) : 1 + draws.below(2);
    this.channel = new Channel(capacity, { overflow });
    this.model = new SequentialChannel(capacity, overflow);
  }

  *program(): Routine<void> {
    yield* supervised(
      function* (this: History, all: Scope): Routine<void> {
        const workers = Array.from({ length: 2 + this.draws.below(4) }, () => this.worker(all));
        for (let left = this.draws.below(6); left > 0; left--) {
          yield* this.turns(1 + this.draws.below(3));
          this.disturb(this.draws.pick(workers));
        }
        yield* this.turns(20);
        // Those that still wait are told.
        if (!this.channel.closed) this.close();
      }.bind(this),
    );
  }

  private *turns(count: number): Routine<void> {
    for (; count > 0; count--) yield* yieldNow();
  }

  private worker(all: Scope): Worker {
    const worker: Worker = { fiber: undefined as never, inner: undefined, violated: false };
    const sends = this.draws.chance(2);
    worker.fiber = all.spawn(() => this.works(worker, sends)) as AnyFiber;
    return worker;
  }

  private *works(worker: Worker, sends: boolean): Routine<void> {
    for (let left = 1 + this.draws.below(6); left > 0; left--) {
      // One is left for the close at the end.
      if (this.begun >= MOST - 1) return;
      try {
        yield* this.acts(worker, sends);
        if (this.draws.chance(2)) yield* yieldNow();
      } catch (error) {
        if (!(error instanceof Raised) && !(error instanceof FiberError)) throw error;
      }
    }
  }

  private *acts(worker: Worker, sends: boolean): Routine<void> {
    const what = this.draws.weighted(
      sends
        ? { send: 50, trySend: 20, receive: 10, tryReceive: 10, close: 1 }
        : { receive: 50, tryReceive: 20, send: 10, trySend: 10, close: 1 },
    );
    if (what === "close") {
      if (!this.channel.closed) this.close();
    } else if (what === "trySend" || what === "tryReceive") {
      this.tries(what);
    } else {
      yield* scope(
        function* (this: History, inner: Scope): Routine<void> {
          worker.inner = inner;
          yield* this.waits(what, worker);
        }.bind(this),
      );
    }
  }

  private *waits(what: "send" | "receive", worker: Worker): Routine<void> {
    this.begun++;
    const sent = what === "send" ? this.values++ : undefined;
    worker.violated = false;
    const begun = this.clock++;
    let how: ChannelCall["how"] = "perhaps";
    let value = sent;
    try {
      if (what === "send") yield* this.channel.send(sent as number);
      else value = yield* this.channel.receive();
      how = "done";
    } catch (error) {
      if (error instanceof Cancelled) {
        how = worker.violated ? "perhaps" : "cut";
        throw error;
      }
      if (error instanceof FiberError) how = "closed";
      else assert.ok(error instanceof Raised, String(error));
    } finally {
      this.calls.push({ what, how, value, begun, ended: this.clock++ });
    }
  }

  private tries(what: "trySend" | "tryReceive"): void {
    this.begun++;
    const { channel } = this;
    const begun = this.clock++;
    let value = what === "trySend" ? this.values++ : undefined;
    let how: ChannelCall["how"];
    try {
      if (what === "trySend") how = channel.trySend(value as number) ? "done" : "missed";
      else {
        value = channel.tryReceive();
        how = value === undefined ? "missed" : "done";
      }
    } catch (error) {
      assert.ok(error instanceof FiberError, String(error));
      how = "closed";
    }
    this.calls.push({ what, how, value, begun, ended: this.clock++ });
  }

  private close(): void {
    this.begun++;
    const begun = this.clock++;
    this.channel.close();
    this.calls.push({ what: "close", how: "done", begun, ended: this.clock++ });
  }

  private disturb(worker: Worker): void {
    const deed = this.draws.pick(["end scope", "cancel", "kill", "raise"] as const);
    const { fiber } = worker;
    if (!fiber.alive) return;
    if (deed === "end scope") worker.inner?.cancel();
    else if (deed === "cancel") void fiber.cancel();
    else {
      worker.violated = true;
      try {
        if (deed === "kill") fiber.kill();
        else fiber.raise(new Raised());
      } catch (refusal) {
        assert.ok(refusal instanceof FiberError, String(refusal));
      }
    }
  }
}

const choices: fc.Arbitrary<number[]> = fc.array(fc.nat(0xffff), {
  maxLength: 150,
  size: "max",
});

for (const [name, policy] of [
  ["locality", () => locality],
  ["seeded", seeded],
] as readonly (readonly [string, (seed: number) => Policy])[]) {
  test(`${RUNS} random histories of channels, by ${name}`, (t) => {
    const counts: Record<string, number> = {};
    fc.assert(
      fc.property(choices, fc.nat(), (list, seed) => {
        const history = new History(new Choices(list));
        play(() => history.program(), { policy: policy(seed) });
        for (const { how } of history.calls) counts[how] = (counts[how] ?? 0) + 1;
        assert.ok(
          isLinearizable(history.calls, history.model),
          history.calls.map((call) => JSON.stringify(call)).join("\n"),
        );
      }),
      { seed: SEED, numRuns: RUNS, includeErrorInReport: true },
    );
    t.diagnostic(`seed ${SEED}: ${JSON.stringify(counts)}`);
  });
}
