/**
 * A block's end is a wait: cutting off the children that it waits for cuts the block off, also
 * when nothing follows in it that could see the request.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  failAfter,
  type Fiber,
  monitor,
  moveOnAfter,
  type Routine,
  scope,
  type Scope,
  sleep,
  spawn,
  supervised,
  TimeoutError,
} from "fibril";
import { begin, checkIdle, outcome, play } from "./support/manual-host.ts";

type Work = () => Routine<string>;
type Shape = (child: () => Routine<unknown>) => Routine<string>;

/** Blocks that return a value, and leave a child behind: nothing comes after. */
const shapes: Record<string, Shape> = {
  *"the block itself"(child) {
    spawn(child);
    return "value";
  },
  *"a scope"(child) {
    return (yield* scope(function* () {
      spawn(child);
      return "value";
    })) as string;
  },
  *"a supervised scope"(child) {
    return (yield* supervised(function* () {
      spawn(child);
      return "value";
    })) as string;
  },
  *"three scopes in each other"(child) {
    return (yield* scope(() =>
      scope(function* () {
        spawn(() => sleep(1) as never);
        yield* scope(function* () {
          spawn(child);
        });
        return "value";
      }),
    )) as string;
  },
  *"a longer limit"(child) {
    return yield* moveOnAfter(
      1_000_000,
      function* () {
        spawn(child);
        return "value";
      },
      "the longer limit's fallback",
    );
  },
  *"a child with children"(child) {
    spawn(function* () {
      spawn(child);
    });
    return "value";
  },
};

const forEver = (): Routine<unknown> => sleep(Infinity) as never;
const cutAt10: Record<string, (work: Work) => Routine<unknown>> = {
  *"failAfter throws"(work) {
    try {
      return yield* failAfter(10, work);
    } catch (error) {
      assert.ok(error instanceof TimeoutError, String(error));
      return "cut";
    }
  },
  *"moveOnAfter results in its fallback"(work) {
    return yield* moveOnAfter(10, work, "cut");
  },
  *"scope.cancel leaves no value"(work) {
    const result = yield* scope(function* (block: Scope) {
      cancelLater(block);
      return yield* work();
    });
    return result === undefined ? "cut" : result;
  },
  *"cancelling a supervised scope leaves no value"(work) {
    const result = yield* supervised(function* (block: Scope) {
      cancelLater(block);
      return yield* work();
    });
    return result === undefined ? "cut" : result;
  },
  *"the failure of a sibling comes out"(work) {
    const error = new Error("sibling");
    try {
      return yield* scope(function* () {
        spawn(function* () {
          yield* sleep(10);
          throw error;
        });
        return yield* work();
      });
    } catch (thrown) {
      assert.equal(thrown, error);
      return "cut";
    }
  },
  *"a cancelled fiber has no result"(work) {
    const fiber = spawn(work);
    yield* sleep(10);
    yield* fiber.cancel("why");
    try {
      return yield* fiber;
    } catch (error) {
      assert.equal((error as { code: string }).code, "cancelled");
      return "cut";
    }
  },
};

/** From elsewhere, so that it is none of the block's children. */
function cancelLater(block: Scope): void {
  block.daemon(function* () {
    yield* sleep(10);
    block.cancel("why");
  });
}

for (const [shape, make] of Object.entries(shapes)) {
  for (const [name, cut] of Object.entries(cutAt10)) {
    test(`${name}, whose last thing is the children of ${shape}`, () => {
      assert.equal(
        play(() => cut(() => make(forEver))),
        "cut",
      );
    });

    // The child that fails is a child of the block too, and keeps it open.
    if (name.startsWith("the failure")) continue;
    test(`a child that ended by itself leaves the value: ${name}, ${shape}`, () => {
      const short = (): Routine<unknown> => sleep(3) as never;
      assert.equal(
        play(() => cut(() => make(short))),
        "value",
      );
    });
  }

  for (const by of ["signal", "cancel"] as const) {
    test(`a run that was cut by ${by} at the end of ${shape} has no value`, async () => {
      const controller = new AbortController();
      const started = begin({ signal: controller.signal }, () => make(forEver));
      const { fiber, host, promise, scheduler } = started;
      host.advance(10);
      const reason = new Error("aborted");
      if (by === "signal") controller.abort(reason);
      else void fiber.cancel(reason);
      host.finish();
      checkIdle(scheduler);
      assert.deepEqual(host.reported, []);
      await assert.rejects(promise, (error: Error & { code?: string }) =>
        by === "signal" ? error === reason : error.code === "cancelled",
      );
    });
  }
}

test("a request before the last child's end cuts the block, and one after it does not", () => {
  const at = (cancelAt: number, order: "first" | "last"): unknown =>
    outcome({}, function* () {
      let block: Fiber | undefined;
      let ending = "";
      const cancels = function* (): Routine<void> {
        yield* sleep(cancelAt);
        void block?.cancel();
      };
      if (order === "first") spawn(cancels);
      block = spawn(function* () {
        spawn(() => sleep(10) as never);
        return "value";
      }) as never;
      monitor(block as Fiber, (end) => (ending = end.ending));
      if (order === "last") spawn(cancels);
      yield* sleep(50);
      return ending;
    }).result;
  for (const order of ["first", "last"] as const) {
    assert.equal(at(9, order), "cancelled");
    assert.equal(at(11, order), "returned");
  }
});
