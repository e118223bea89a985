/**
 * The programs on generator frames, twice: every block a routine of the runtime's own, or every
 * block a plain `yield*`.
 */
import { Fiber, type Routine, routine } from "fibril";
import type { FiberFields } from "#core/kernel/registers";
import { UNWINDING } from "#core/kernel/state";
import { runMain, type Signal } from "./main.ts";
import type { Block, Program, Statement, Trace } from "./program.ts";
import { show, World, wishOp } from "./world.ts";

/**
 * Stands in a trace from where JavaScript's own unwinding of plain `yield*` decides, not Ruby's: in a
 * killed fiber a helper that catches what its `finally` threw does not stop its callers from being
 * unwound. docs/ruby.md says more.
 */
const OWN_UNWINDING = "from here JavaScript unwinds";

export function javascriptUnwinds(trace: Trace): boolean {
  return trace.includes(OWN_UNWINDING);
}

const unwinding = (): boolean =>
  ((Fiber.current as unknown as FiberFields)._flags & UNWINDING) !== 0;

type Run<What> = (world: World, who: string, what: What) => Routine<Signal>;

function interpreter(wrap: boolean): (program: Program) => Trace {
  const enter = <What>(run: Run<What>): Run<What> =>
    wrap ? (routine(run) as unknown as Run<What>) : run;

  const runBlock: Run<Statement[]> = enter(function* (world, who, statements): Routine<Signal> {
    for (const statement of statements) {
      const signal = yield* runStatement(world, who, statement);
      if (signal) return signal;
    }
    return undefined;
  });

  // A call is the runtime's own in both: that is what it is there to compare.
  const called = routine("called", runBlock);

  const runStatement: Run<Statement> = enter(function* (world, who, statement): Routine<Signal> {
    world.step();
    switch (statement[0]) {
      case "try":
        return yield* runTry(world, who, statement);
      case "loop":
        for (let i = 0; i < statement[1]; i++) {
          const signal = yield* runBlock(world, who, statement[2]);
          if (signal) return signal;
        }
        return undefined;
      case "call": {
        const signal = yield* called(world, who, statement[1]);
        world.log(`${who} called -> ${show(signal && [signal.value])}`);
        return undefined;
      }
      case "return":
        return { value: statement[1] };
      default:
        try {
          const wish = world.wish(statement);
          const value = "done" in wish ? wish.done : yield* wishOp(wish);
          world.passed(who, statement, value);
        } catch (error) {
          world.failed(who, statement, error);
          throw error;
        }
        return undefined;
    }
  });

  const runTry: Run<Block & { 0: "try" }> = enter(
    function* (world, who, statement): Routine<Signal> {
      const [, body, handler, cleanup, again] = statement;
      try {
        return yield* runBlock(world, who, body);
      } catch (error) {
        if (handler === null) throw error;
        if (!wrap && unwinding()) world.log(OWN_UNWINDING);
        world.log(`${who} rescued`);
        const signal = yield* runBlock(world, who, handler);
        if (again) throw error;
        return signal;
      } finally {
        if (cleanup !== null) {
          world.log(`${who} ensures`);
          yield* runBlock(world, who, cleanup);
        }
      }
    },
  );

  const routines = (world: World, index: number) =>
    function* (...args: unknown[]): Routine<unknown> {
      const who = `f${index}`;
      world.begin(who, args);
      const signal = yield* runBlock(world, who, world.body(index));
      world.log(`${who} end ${show(signal?.value)}`);
      return signal?.value ?? undefined;
    };

  return (program) => {
    const world = new World(program, routines);
    runMain(world);
    return world.finish();
  };
}

export const onRoutines: (program: Program) => Trace = interpreter(true);
export const onGenerators: (program: Program) => Trace = interpreter(false);
