/** Makes a failing tree small: takes out deeds, and puts bodies in the place of theirs, as long as it fails. */
import type { Body, Deed, Program } from "./tree.ts";

export function shrink(program: Program, fails: (program: Program) => boolean): Program {
  for (;;) {
    const smaller = firstThat(fails, candidates(program));
    if (smaller === undefined) return program;
    program = smaller;
  }
}

function firstThat(
  fails: (program: Program) => boolean,
  all: Iterable<Program>,
): Program | undefined {
  for (const each of all) if (fails(each)) return each;
  return undefined;
}

function* candidates(program: Program): Iterable<Program> {
  const { body, coroutines = [], seed } = program;
  for (const smaller of smallerBodies(body)) yield { ...program, body: smaller };
  for (const [i, coroutine] of coroutines.entries()) {
    yield { ...program, coroutines: coroutines.toSpliced(i, 1) };
    for (const smaller of smallerBodies(coroutine)) {
      yield { ...program, coroutines: coroutines.with(i, smaller) };
    }
  }
  if (seed !== null) yield { ...program, seed: null };
}

function* smallerBodies(body: Body): Iterable<Body> {
  for (let i = 0; i < body.length; i++) yield body.toSpliced(i, 1);
  for (const [i, deed] of body.entries()) {
    for (const instead of smallerDeeds(deed)) yield body.toSpliced(i, 1, ...instead);
  }
}

function* smallerDeeds(deed: Deed): Iterable<Body> {
  if ("finally" in deed) {
    yield deed.finally;
    for (const smaller of smallerBodies(deed.finally)) yield [{ ...deed, finally: smaller }];
  }
  if ("body" in deed) {
    yield deed.body;
    for (const smaller of smallerBodies(deed.body)) yield [{ ...deed, body: smaller }];
  }
  if ("ms" in deed && deed.ms > 0) yield [{ ...deed, ms: deed.ms - 1 }];
  if ("who" in deed && deed.who > 0) yield [{ ...deed, who: deed.who - 1 }];
  if ("which" in deed && deed.which > 0) yield [{ ...deed, which: deed.which - 1 }];
}
