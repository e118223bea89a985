/** What comes out of a scope in which something fails. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  defer,
  monitor,
  moveOnAfter,
  type Routine,
  routine,
  scope,
  shield,
  sleep,
  spawn,
  supervised,
} from "fibril";
import { thrown } from "./support/expect.ts";
import { fails, failsUncancelled } from "./support/failing.ts";
import { Log, outcome, play } from "./support/manual-host.ts";

test("one child's error comes out of the scope as it is", () => {
  const error = new Error("why");
  assert.equal(
    thrown(() => play(() => scope(fails(error)) as never)),
    error,
  );
  assert.equal(
    thrown(() =>
      play(function* () {
        yield* scope(function* () {
          spawn(fails(error, 3));
          spawn(function* () {
            yield* sleep(Infinity);
          });
        });
      }),
    ),
    error,
  );
});

test("several errors come out as one AggregateError, in the order in which they happened", () => {
  const errors = [new Error("body"), new Error("first"), new Error("second")];
  const aggregate = thrown(() =>
    play(function* () {
      yield* scope(function* () {
        spawn(failsUncancelled(errors[1]));
        spawn(function* () {
          try {
            yield* sleep(Infinity);
          } finally {
            yield* shield(() => sleep(5) as never);
            throw errors[2]; // oxlint-disable-line no-unsafe-finally
          }
        });
        yield* sleep(1);
        throw errors[0];
      });
    }),
  ) as AggregateError;
  assert.ok(aggregate instanceof AggregateError);
  assert.deepEqual(aggregate.errors, errors);
  assert.equal(aggregate.message, "3 errors in one scope");
});

test("an error that is seen by a joiner and by the scope comes out once", () => {
  const error = new Error("why");
  assert.equal(
    thrown(() =>
      play(function* () {
        yield* scope(function* () {
          const child = spawn(fails(error, 1));
          spawn(function* () {
            yield* child;
          });
          yield* child;
        });
      }),
    ),
    error,
  );
});

test("an error that the joiner catches still fails the scope: the child is the scope's", () => {
  const error = new Error("why");
  const log = new Log();
  assert.equal(
    thrown(() =>
      play(function* () {
        yield* scope(function* () {
          const child = spawn(fails(error, 1));
          try {
            yield* child;
          } catch (caught) {
            log.say(String(caught === error));
          }
        });
      }),
    ),
    error,
  );
  log.is(["true"]);
});

test("a failing child of a plain fiber fails that fiber, which has returned already", () => {
  const error = new Error("why");
  const { end } = outcome({}, function* () {
    spawn(fails(error, 1));
    return "result";
  });
  assert.deepEqual([end.ending, end.value], ["failed", error]);
});

test("nested scopes pass one error on, and nest several", () => {
  const [a, b, c] = [new Error("a"), new Error("b"), new Error("c")];
  const outer = thrown(() =>
    play(function* () {
      yield* scope(function* () {
        spawn(failsUncancelled(c));
        yield* scope(function* () {
          spawn(failsUncancelled(b));
          yield* sleep(1);
          throw a;
        });
      });
    }),
  ) as AggregateError;
  const inner = outer.errors[0] as AggregateError;
  assert.deepEqual([inner.errors, outer.errors[1]], [[a, b], c]);
});

test("a failure while the scope is being cancelled comes out, the cancelling is not lost in it", () => {
  const log = new Log();
  const error = thrown(() =>
    play(function* () {
      try {
        yield* moveOnAfter(5, function* () {
          spawn(failsUncancelled(new Error("in clean-up")));
          yield* sleep(Infinity);
        });
      } finally {
        log.say("after");
      }
    }),
  );
  assert.equal((error as Error).message, "in clean-up");
  log.is(["after"]);
});

test("an error that cannot be clean-up's comes out after the clean-up, and clean-up's with it", () => {
  const [body, deferred, children] = [new Error("body"), new Error("deferred"), new Error("child")];
  const error = thrown(() =>
    play(function* () {
      yield* scope(function* () {
        defer(fails(deferred, 1));
        spawn(failsUncancelled(children));
        yield* sleep(1);
        throw body;
      });
    }),
  ) as AggregateError;
  assert.deepEqual(error.errors, [body, children, deferred]);
});

test("whatever is thrown comes out, also a value that is not an Error", () => {
  for (const value of ["text", 0, undefined, null, { any: "thing" }]) {
    const { end } = outcome({}, function* () {
      yield* scope(function* () {
        spawn(fails(value, 1));
        yield* sleep(Infinity);
      });
    });
    assert.deepEqual([end.ending, end.value], ["failed", value]);
  }
});

test("an error that comes by several ways is in what comes out once", () => {
  const [a, b, c] = [new Error("a"), new Error("b"), new Error("c")];
  const error = thrown(() =>
    play(function* () {
      yield* scope(function* () {
        const child = spawn(fails(a, 1));
        for (const own of [b, c]) {
          spawn(function* () {
            yield* shield(function* () {
              yield* scope(function* () {
                spawn(failsUncancelled(own));
                yield* child;
              });
            });
          });
        }
        yield* child;
      });
    }),
  ) as AggregateError;
  assert.deepEqual(error.errors, [a, b, c]);
});

test("an AggregateError of the program's own takes the place of what is in it", () => {
  const [a, b] = [new Error("a"), new Error("b")];
  const own = new AggregateError([a, b], "own");
  const error = thrown(() =>
    play(function* () {
      yield* scope(function* () {
        spawn(failsUncancelled(own));
        yield* sleep(1);
        throw a;
      });
    }),
  );
  assert.equal(error, own);
  assert.deepEqual(own.errors, [a, b]);
});

test("an error that is caught at a join and thrown again in another one comes out once", () => {
  const [error, sibling] = [new Error("why"), new Error("sibling")];
  for (const wrap of [
    (cause: unknown) => new Error("wrapped", { cause }),
    (cause: unknown) => new Error("twice", { cause: new Error("wrapped", { cause }) }),
    (cause: unknown) => new AggregateError([new Error("other"), cause]),
    (cause: unknown) => Object.assign(new Error("suppressed"), { error: 1, suppressed: cause }),
  ]) {
    const wrapper = wrap(error);
    const fromBlock = thrown(() =>
      play(function* () {
        yield* scope(function* () {
          const child = spawn(fails(error, 1));
          try {
            yield* child;
          } catch {
            throw wrapper;
          }
        });
      }),
    );
    assert.equal(fromBlock, wrapper);
    const fromSibling = thrown(() =>
      play(function* () {
        yield* scope(function* () {
          spawn(failsUncancelled(sibling));
          spawn(function* () {
            try {
              yield* sleep(Infinity);
            } finally {
              throw wrapper; // oxlint-disable-line no-unsafe-finally -- that is the case
            }
          });
          yield* fails(error, 1)();
        });
      }),
    ) as AggregateError;
    assert.deepEqual(new Set(fromSibling.errors), new Set([sibling, wrapper]));
  }
});

test("the scope's own Cancelled in an AggregateError is not a failure", () => {
  const [a, b] = [new Error("a"), new Error("b")];
  for (const [others, expected] of [
    [[], "over"],
    [[a], a],
  ] as const) {
    const { end } = outcome({}, function* () {
      yield* moveOnAfter(1, collects(others));
      return "over";
    });
    assert.equal(end.value, expected);
  }
  const both = thrown(() =>
    play(() => moveOnAfter(1, collects([a, b])) as never),
  ) as AggregateError;
  assert.deepEqual([both.errors, both.message], [[a, b], "collected"]);
});

test("a fiber whose own Cancelled is in an AggregateError was cancelled", () => {
  for (const [others, ending] of [
    [[], "cancelled"],
    [[new Error("a")], "failed"],
  ] as const) {
    play(function* () {
      yield* supervised(function* () {
        const child = spawn(collects(others));
        const log = new Log();
        monitor(child, (end) => log.say(end.ending));
        yield* sleep(1);
        try {
          yield* child.cancel();
        } catch {}
        log.is([ending]);
      });
    });
  }
});

/** Waits, and collects what goes wrong, as `Promise.any` does. */
const collects = (others: readonly unknown[]) =>
  function* collecting(): Routine<never> {
    try {
      for (;;) yield* sleep(Infinity);
    } catch (error) {
      // oxlint-disable-next-line preserve-caught-error -- it is in the list
      throw new AggregateError([...others, error], "collected");
    }
  };

test("ten thousand failures come out of one scope", () => {
  const many = thrown(() =>
    play(function* () {
      yield* scope(function* () {
        for (let n = 0; n < 10_000; n++) spawn(failsUncancelled(new Error(String(n))));
        yield* sleep(1);
        throw new Error("first");
      });
    }),
  ) as AggregateError;
  assert.equal(many.errors.length, 10_001);
});

test("a failure each comes out of a thousand levels", () => {
  const nest = routine("nest", function* nest(depth: number): Routine {
    yield* scope(function* () {
      spawn(failsUncancelled(new Error(String(depth))));
      yield* sleep(1);
      if (depth === 1000) throw new Error("innermost");
      yield* nest(depth + 1);
    });
  });
  let levels = 0;
  for (
    let at = thrown(() => play(() => nest(1) as never));
    at instanceof AggregateError;
    levels++
  ) {
    at = at.errors[0];
  }
  assert.equal(levels, 1000);
});
