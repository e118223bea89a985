/**
 * Synchronous calls inside fibers. A method call stands on the native stack, which JavaScript cannot
 * switch; so control may leave it only by returning. Everything else is refused before it happens,
 * and names both sides.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Fiber, routine } from "fibril";
import { type AnyFiber, each } from "./support/body.ts";
import { refused, thrown } from "./support/expect.ts";

each("a method works inside a fiber as it does in plain code", ({ fiber }) => {
  const inner = fiber([(a) => Fiber.yield(a), (b) => b]);
  const f = fiber([() => [inner.resume(1), inner.resume(2)], (got) => Fiber.yield(got)]);
  assert.deepEqual(f.resume(), [1, 2]);
});

each("methods and ops nest in each other", ({ fiber }) => {
  const nest = (level: number): AnyFiber =>
    fiber(
      level === 0
        ? [() => Fiber.yield("bottom")]
        : [
            () => (level % 2 ? nest(level - 1).resume() : Fiber.resume(nest(level - 1))),
            (got) => got,
          ],
    );
  assert.equal(nest(20).resume(), "bottom");
});

each("a yield below a method call goes to the method's caller", ({ fiber }) => {
  const inner = fiber([() => Fiber.yield("to the method"), () => "inner's end"]);
  const outer = fiber([
    () => inner.resume(),
    (got) => Fiber.yield(`outer: ${got}`),
    () => inner.resume(),
  ]);
  assert.deepEqual([outer.resume(), outer.resume()], ["outer: to the method", "inner's end"]);
});

each("a transfer across a method call is refused, and everybody goes on", ({ fiber }) => {
  const inner: AnyFiber = fiber(
    {
      steps: [() => Fiber.transfer(outer)],
      rescue: [(error) => Fiber.transfer(helper, `${error.code}: ${error.message}`)],
    },
    { name: "inner" },
  );
  const helper: AnyFiber = fiber([() => inner.transfer(), (got) => Fiber.transfer(outer, got)]);
  const outer: AnyFiber = fiber([() => helper.transfer(), (got) => got], { name: "outer" });
  const text =
    /^native-crossing: fiber "inner".* cannot switch to fiber "outer".* across a synchronous call/;
  assert.match(String(outer.transfer()), text);
});

each(
  "a fiber that ends where nobody above can take its end: the innermost method throws",
  ({ fiber }) => {
    const away = fiber([() => "end"], { name: "away" });
    const hop = fiber([() => Fiber.transfer(away)], { name: "hop" });
    // away has no resumer: its end belongs to the end of the root's chain, `chain`, above the method.
    const inner = fiber([() => hop.transfer(), (got) => `inner got ${got}`], { name: "inner" });
    const chain = fiber([() => Fiber.resume(inner)], { name: "chain" });
    assert.equal(chain.resume(), "inner got end");
  },
);

each("the end of a fiber that was resumed above a method call cannot cross it", ({ fiber }) => {
  const resumed: AnyFiber = fiber([() => Fiber.transfer(caller), () => "resumed's end"], {
    name: "resumed",
  });
  const back = fiber([() => Fiber.transfer(resumed)], { name: "back" });
  let refusal: unknown;
  const caller: AnyFiber = fiber(
    [() => (refusal = thrown(() => back.transfer())), () => "caller goes on"],
    { name: "caller" },
  );
  const end = resumed.resume();
  assert.match(
    String(refusal),
    /FiberError: the end of fiber "resumed".* cannot switch to fiber "root" across a synchronous call/,
  );
  assert.equal((refusal as { code: string }).code, "native-crossing");
  assert.equal(end, "caller goes on");
  assert.equal(Fiber.current, Fiber.root);
});

test("an error that could not be delivered is the cause of the refusal", () => {
  const mine = new Error("mine");
  const resumed: AnyFiber = new Fiber(function* resumed() {
    yield* Fiber.transfer(caller);
    throw mine;
  });
  let refusal: unknown;
  const caller: AnyFiber = new Fiber(function* caller() {
    const back = new Fiber(function* () {
      yield* Fiber.transfer(resumed);
    });
    refusal = thrown(() => back.transfer());
  });
  resumed.resume();
  assert.equal((refusal as Error).cause, mine);
});

test("the runtime is whole after every refusal", () => {
  const child = new Fiber(function* () {
    refused(/double resume/, () => parent.resume());
    yield* Fiber.yield("child");
  });
  const parent: AnyFiber = new Fiber(function* () {
    return child.resume();
  });
  assert.equal(parent.resume(), "child");
  assert.equal(Fiber.current, Fiber.root);
  child.resume();
  assert.equal(child.alive, false);
});

test("a routine's frames may call methods that run other fibers' frames", () => {
  const inner = routine("inner", function* (n: number) {
    return yield* Fiber.yield<number>(n);
  });
  const f = new Fiber(function* () {
    const g = new Fiber(inner);
    const first = g.resume(1);
    yield* Fiber.yield(first);
    return (g as AnyFiber).resume(2) as number;
  });
  assert.deepEqual([f.resume(), f.resume()], [1, 2]);
});

test("a callback that is not a generator may resume fibers while one runs", () => {
  const f = new Fiber(function* () {
    const squares = [1, 2, 3].map((n) =>
      new Fiber(function* () {
        yield* Fiber.yield(n * n);
      }).resume(),
    );
    yield* Fiber.yield(squares);
  });
  assert.deepEqual(f.resume(), [1, 4, 9]);
});
