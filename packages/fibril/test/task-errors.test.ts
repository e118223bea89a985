/** What comes out of a scope in which something fails. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { defer, moveOnAfter, scope, shield, sleep, spawn } from "fibril";
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

test("nested scopes pass one error on, and nest what is several", () => {
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

test("whatever is thrown comes out, also what is no Error", () => {
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

test("an AggregateError of the program's own is one error like any other", () => {
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
  ) as AggregateError;
  assert.deepEqual(error.errors, [a, own]);
});
