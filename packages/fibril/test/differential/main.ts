import type { Statement } from "./program.ts";
import { grant, show, type World } from "./world.ts";

/** A return on its way out. */
export type Signal = { value: unknown } | undefined;

/** The main script: plain code. Its calls are the synchronous methods. */
export function runMain(world: World): void {
  for (const statement of world.program.main) {
    try {
      runStatement(world, statement);
    } catch {
      // Told where it passed.
    }
  }
}

function runBlock(world: World, statements: Statement[]): Signal {
  for (const statement of statements) {
    const signal = runStatement(world, statement);
    if (signal) return signal;
  }
  return undefined;
}

function runStatement(world: World, statement: Statement): Signal {
  world.step();
  switch (statement[0]) {
    case "try": {
      const [, body, handler, cleanup, again] = statement;
      try {
        return runBlock(world, body);
      } catch (error) {
        if (handler === null) throw error;
        world.log("main rescued");
        const signal = runBlock(world, handler);
        if (again) throw error;
        return signal;
      } finally {
        if (cleanup !== null) {
          world.log("main ensures");
          runBlock(world, cleanup);
        }
      }
    }
    case "loop":
      for (let i = 0; i < statement[1]; i++) {
        const signal = runBlock(world, statement[2]);
        if (signal) return signal;
      }
      return undefined;
    case "call": {
      const signal = runBlock(world, statement[1]);
      world.log(`main called -> ${show(signal && [signal.value])}`);
      return undefined;
    }
    case "return":
      return { value: statement[1] };
    default:
      try {
        world.passed("main", statement, grant(world.wish(statement)));
      } catch (error) {
        world.failed("main", statement, error);
        throw error;
      }
      return undefined;
  }
}
