/**
 * Property tests of what comes out of scopes within scopes: against lists that are searched from end
 * to end, and, where errors wrap each other, by what has to hold of any outcome.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { Failures, together } from "#core/scope/failures";

const ERRORS = 8;

/** What is added to a scope, in order: an error, the outcome of a scope within, or one of an earlier scope. */
type Step =
  | { readonly kind: "error"; readonly id: number }
  | { readonly kind: "scope"; readonly steps: readonly Step[] }
  | { readonly kind: "again"; readonly id: number };

const { plan } = fc.letrec<{ plan: readonly Step[]; step: Step }>((tie) => ({
  plan: fc.array(tie("step"), { minLength: 1, maxLength: 5 }),
  step: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.record({ kind: fc.constant("error" as const), id: fc.nat(ERRORS - 1) }),
    fc.record({ kind: fc.constant("again" as const), id: fc.nat(20) }),
    fc.record({ kind: fc.constant("scope" as const), steps: tie("plan") }),
  ),
}));

interface Sum {
  add(error: unknown): void;
  together(): unknown;
}

/** Adds everything; an empty scope fails with the first error. */
function outcomeOf(
  steps: readonly Step[],
  errors: readonly unknown[],
  make: () => Sum,
  earlier: unknown[] = [],
): unknown {
  const sum = make();
  for (const step of steps) {
    if (step.kind === "error") sum.add(errors[step.id]);
    else if (step.kind === "scope") sum.add(outcomeOf(step.steps, errors, make, earlier));
    else sum.add(earlier.length === 0 ? errors[0] : earlier[step.id % earlier.length]);
  }
  const outcome = sum.together();
  earlier.push(outcome);
  return outcome;
}

function real(): Sum {
  const failures = new Failures();
  return { add: (error) => failures.add(error), together: () => together(failures) };
}

/** The reference. A list stands for an AggregateError. */
class Model implements Sum {
  readonly list: unknown[] = [];

  add(error: unknown): void {
    const told = this.list.flatMap(leaves);
    this.list.push(...without(error, told));
  }

  together(): unknown {
    return this.list.length === 1 ? this.list[0] : this.list;
  }
}

function leaves(error: unknown): unknown[] {
  return Array.isArray(error) ? error.flatMap(leaves) : [error];
}

function without(error: unknown, told: readonly unknown[]): unknown[] {
  if (!Array.isArray(error)) return told.includes(error) ? [] : [error];
  const left = error.flatMap((each) => without(each, told));
  return left.length > 1 ? [left] : left;
}

/** An outcome as the reference has it. */
function listed(error: unknown, own: ReadonlySet<unknown>): unknown {
  return own.has(error) || !(error instanceof AggregateError)
    ? error
    : error.errors.map((each) => listed(each, own));
}

test("scopes in any order and depth tell the errors that lists tell", () => {
  const errors = Array.from({ length: ERRORS }, (_, n) => new Error(String(n)));
  errors[1] = "a text" as never;
  fc.assert(
    fc.property(plan, (steps) => {
      const outcome = listed(outcomeOf(steps, errors, real), new Set());
      assert.deepEqual(
        outcome,
        outcomeOf(steps, errors, () => new Model()),
      );
    }),
    { numRuns: 2000 },
  );
});

test("a wrapper takes the place of what it wraps, and nothing is lost", () => {
  const links = fc.array(
    fc.record({ of: fc.nat(ERRORS - 1), in: fc.nat(ERRORS - 1), cause: fc.boolean() }),
    { maxLength: 6 },
  );
  fc.assert(
    fc.property(plan, links, (steps, wrapped) => {
      const errors = Array.from({ length: ERRORS }, (_, n) => new AggregateError([], String(n)));
      for (const link of wrapped) {
        const wrapper = errors[link.in] as AggregateError;
        if (link.cause) wrapper.cause = errors[link.of];
        else wrapper.errors.push(errors[link.of]);
      }
      const own = new Set<unknown>(errors);
      const outcome = outcomeOf(steps, errors, real);
      const told = leaves(listed(outcome, own));
      assert.equal(new Set(told).size, told.length, "each once");
      const added = new Set(leaves(outcomeOf(steps, errors, () => new Model())));
      const within = told.map((each) => reachable(each));
      for (const error of added) {
        const ways = within.filter((all) => all.has(error)).length;
        assert.ok(ways > 0, `${String(error)} is told`);
      }
      // Of errors that wrap each other, it does not matter which is listed.
      if (wrapped.some((link) => link.of >= link.in)) return;
      for (const [i, error] of told.entries()) {
        const others = within.filter((all, j) => j !== i && all.has(error));
        assert.equal(others.length, 0, `${String(error)} is not told beside its wrapper`);
      }
    }),
    { numRuns: 2000 },
  );
});

/** An error and all that it wraps. */
function reachable(error: unknown, all: Set<unknown> = new Set()): Set<unknown> {
  if (!(error instanceof AggregateError) || all.has(error)) return all;
  all.add(error);
  for (const each of [...error.errors, error.cause]) reachable(each, all);
  return all;
}

test("twenty thousand errors, and scopes twenty thousand deep, are summed up", () => {
  const many = new Failures();
  for (let n = 0; n < 20_000; n++) many.add(new Error(String(n)));
  assert.equal((together(many) as AggregateError).errors.length, 20_000);

  let outcome: unknown = new Error("innermost");
  for (let depth = 0; depth < 20_000; depth++) {
    const failures = new Failures();
    failures.add(outcome);
    failures.add(depth % 2 === 0 ? new Error(String(depth)) : outcome);
    outcome = together(failures);
  }
  let groups = 0;
  while (outcome instanceof AggregateError) {
    outcome = outcome.errors[0];
    groups++;
  }
  assert.equal(groups, 10_000);
});

test("errors that are not to be looked into are errors like any other", () => {
  const { proxy, revoke } = Proxy.revocable(new Error("revoked"), {});
  revoke();
  const angry = new Proxy(new Error("angry"), {
    getOwnPropertyDescriptor: () => {
      throw new Error("not to be read");
    },
    getPrototypeOf: () => {
      throw new Error("not to be read");
    },
  });
  const getter = Object.defineProperty(new Error("getter"), "cause", {
    get: () => assert.fail("it is not called"),
  });
  const circle = new Error("circle");
  circle.cause = circle;
  const odd = [
    proxy,
    angry,
    getter,
    circle,
    Object.create(null),
    Symbol("symbol"),
    null,
    undefined,
  ];
  const failures = new Failures();
  for (const each of [...odd, ...odd]) failures.add(each);
  const { errors } = together(failures) as AggregateError;
  assert.equal(errors.length, odd.length);
  assert.ok(errors.every((each, n) => Object.is(each, odd[n])));
});
