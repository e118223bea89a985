/**
 * Makes a failing program small: drops statements, unwraps blocks and empties fibers, as long as
 * `fails` still says so. Every round asks about all its candidates at once, since a judge starts
 * slowly.
 */
import type { Program, Statement } from "./program.ts";

export async function shrink(
  program: Program,
  fails: (candidates: Program[]) => Promise<boolean[]>,
): Promise<Program> {
  for (;;) {
    const candidates = [...smaller(program)];
    if (candidates.length === 0) return program;
    const verdicts = await fails(candidates);
    const index = verdicts.indexOf(true);
    if (index < 0) return program;
    program = candidates[index] as Program;
  }
}

/** Boldest first. */
function* smaller(program: Program): Generator<Program> {
  const bodies = [...program.fibers, program.main];
  for (let i = bodies.length - 1; i >= 0; i--) {
    const body = bodies[i] as Statement[];
    for (const next of body.length > 3 ? [...halves(body), ...variants(body)] : variants(body)) {
      const all = bodies.map((old, at) => (at === i ? next : old));
      yield { ...program, fibers: all.slice(0, -1), main: all.at(-1) as Statement[] };
    }
  }
}

function* halves(body: Statement[]): Generator<Statement[]> {
  const middle = body.length >> 1;
  yield body.slice(middle);
  yield body.slice(0, middle);
}

function* variants(body: Statement[]): Generator<Statement[]> {
  for (let i = body.length - 1; i >= 0; i--) {
    const statement = body[i] as Statement;
    const replace = (...by: Statement[]): Statement[] => [
      ...body.slice(0, i),
      ...by,
      ...body.slice(i + 1),
    ];
    yield replace();
    switch (statement[0]) {
      case "loop":
        yield replace(...statement[2]);
        for (const inner of variants(statement[2])) yield replace(["loop", statement[1], inner]);
        break;
      case "call":
        yield replace(...statement[1]);
        for (const inner of variants(statement[1])) yield replace(["call", inner]);
        break;
      case "try": {
        const [kind, inside, handler, cleanup, again] = statement;
        yield replace(...inside);
        if (again) yield replace([kind, inside, handler, cleanup, false]);
        if (cleanup && handler) yield replace([kind, inside, handler, null, again]);
        if (handler && cleanup) yield replace([kind, inside, null, cleanup, false]);
        for (const less of variants(inside)) yield replace([kind, less, handler, cleanup, again]);
        for (const less of variants(handler ?? []))
          yield replace([kind, inside, less, cleanup, again]);
        for (const less of variants(cleanup ?? []))
          yield replace([kind, inside, handler, less, again]);
      }
    }
  }
}
