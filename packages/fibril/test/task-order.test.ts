/** Rounds: whichever fiber wakes which, every ready fiber runs exactly once in each. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Fiber,
  fifo,
  locality,
  type Policy,
  type Routine,
  scope,
  seeded,
  spawn,
  suspend,
  type Wake,
  yieldNow,
} from "fibril";
import { Random } from "./differential/random.ts";
import { play } from "./support/manual-host.ts";

const POLICIES: [name: string, policy: Policy][] = [
  ["locality", locality],
  ["fifo", fifo],
  ["seeded", seeded(7)],
];

/** What ran in which round: a marker that gives way once a round separates them. */
class Rounds {
  readonly ran: number[][] = [[]];

  *mark(rounds: number): Routine<void> {
    for (let i = 0; i < rounds; i++) {
      yield* yieldNow();
      this.ran.push([]);
    }
  }

  says(who: number): void {
    this.ran.at(-1)?.push(who);
  }
}

for (const [name, policy] of POLICIES) {
  for (const count of [3, 100, 3000]) {
    test(`${count} fibers that give way run once between any two turns of each other (${name})`, () => {
      const turns = new Int32Array(count);
      play(
        function* () {
          yield* scope(function* () {
            for (let i = 0; i < count; i++) {
              spawn(function* () {
                for (let round = 0; round < 10; round++) {
                  turns[i]!++;
                  yield* yieldNow();
                  // No fiber is ahead or behind by more than one turn.
                  if (i === 0) {
                    const most = Math.max(...turns);
                    assert.ok(Math.min(...turns) >= most - 2, `${Math.min(...turns)} … ${most}`);
                  }
                }
              });
            }
          });
        },
        { policy },
      );
      assert.ok(turns.every((each) => each === 10));
    });
  }

  test(`a fiber woken in a round runs in the next one, once, whichever fiber woke it (${name})`, () => {
    const random = new Random(5);
    const rounds = new Rounds();
    const wakes: (Wake<void> | undefined)[] = [];
    const woken = new Map<number, number>();
    const count = 50;
    play(
      function* () {
        const state = { over: false };
        const marker = spawn(() => rounds.mark(40));
        for (let i = 0; i < count; i++) {
          spawn(function* () {
            while (!state.over) {
              yield* suspend((wake) => {
                wakes[i] = wake;
              });
              rounds.says(i);
              woken.set(i, (woken.get(i) ?? 0) - 1);
              // Each fiber wakes some others in its turn.
              for (let n = random.below(4); n > 0; n--) wakeSomebody();
            }
          });
        }
        const wakeSomebody = (): void => {
          const i = random.below(count);
          const wake = wakes[i];
          if (wake === undefined) return;
          wakes[i] = undefined;
          woken.set(i, (woken.get(i) ?? 0) + 1);
          wake();
        };
        while (marker.alive) {
          for (let n = 0; n < 20; n++) wakeSomebody();
          yield* yieldNow();
        }
        state.over = true;
        while (Fiber.current.children.length > 0) {
          for (const wake of wakes.splice(0)) wake?.();
          yield* yieldNow();
        }
      },
      { policy },
    );
    assert.ok(
      [...woken.values()].every((left) => left <= 0),
      "everybody who was woken has run",
    );
    // Between two turns of the marker no fiber runs more often than in the rounds that this time may touch.
    for (const round of rounds.ran) {
      const most = Math.max(
        0,
        ...round.map((who) => round.filter((other) => other === who).length),
      );
      assert.ok(most <= 2, `${most} times in a round`);
    }
  });
}

test("fifo: the order is strict, spawned or woken", () => {
  const order: string[] = [];
  play(
    function* () {
      for (const who of ["a", "b", "c"]) {
        spawn(function* () {
          for (let i = 0; i < 3; i++) {
            order.push(`${who}${i}`);
            yield* yieldNow();
          }
        });
      }
    },
    { policy: fifo },
  );
  assert.deepEqual(order, ["a0", "b0", "c0", "a1", "b1", "c1", "a2", "b2", "c2"]);
});

test("locality: few that wake run in the order of their waking, new ones start depth-first", () => {
  const order: string[] = [];
  const node = function* (who: string, depth: number): Routine<void> {
    order.push(`${who} starts`);
    if (depth > 0) for (const child of ["a", "b"]) spawn(node, who + child, depth - 1);
    yield* yieldNow();
    order.push(who);
  };
  play(() => node("", 2), { policy: locality });
  assert.deepEqual(order.slice(0, 7), [
    " starts",
    "a starts",
    "aa starts",
    "ab starts",
    "b starts",
    "ba starts",
    "bb starts",
  ]);
  assert.deepEqual(order.slice(7), ["", "a", "aa", "ab", "b", "ba", "bb"]);
});

test("seeded: one seed, one order; other seeds, others", () => {
  const orderOf = (seed: number): string => {
    const order: number[] = [];
    play(
      function* () {
        for (let who = 0; who < 8; who++) {
          spawn(function* () {
            for (let i = 0; i < 3; i++) {
              order.push(who);
              yield* yieldNow();
            }
          });
        }
      },
      { policy: seeded(seed) },
    );
    return order.join();
  };
  const orders = new Set<string>();
  for (let seed = 1; seed <= 20; seed++) {
    assert.equal(orderOf(seed), orderOf(seed));
    orders.add(orderOf(seed));
  }
  assert.equal(orders.size, 20);
});

test("a tree of fibers is walked depth-first: few of it are alive at once", () => {
  let alive = 0;
  let most = 0;
  const node = function* (depth: number): Routine<void> {
    most = Math.max(most, ++alive);
    if (depth > 0) {
      const children = [1, 2, 3, 4].map(() => spawn(node, depth - 1));
      for (const child of children) yield* child;
    }
    alive--;
  };
  play(() => node(6));
  assert.equal(alive, 0);
  assert.ok(most < 1000, `${most} of 5461`);
});
