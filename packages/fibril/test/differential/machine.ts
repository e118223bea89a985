/**
 * The programs on state machines: one frame with an explicit stack of blocks. What V8 does for
 * `try` and `finally` in a generator is written out here, so that the frame protocol alone is
 * compared with Ruby.
 */
import {
  DELIVER,
  type Frame,
  frames,
  type How,
  KILL,
  perform,
  performCall,
  performTransfer,
  performYield,
  RAISE,
  RETURN,
  START,
  SUSPEND,
} from "fibril/frames";
import { runMain } from "./main.ts";
import type { Block, Program, Statement, Trace } from "./program.ts";
import { show, undo, type Wish, World, wishOp } from "./world.ts";

/** How a block is left. */
type Completion =
  | { type: "normal" }
  | { type: "return"; value: unknown }
  | { type: "throw"; error: unknown }
  | { type: "kill" };

const NORMAL: Completion = { type: "normal" };

interface Context {
  readonly statements: readonly Statement[];
  next: number;
  /** What the block is to its owner. */
  readonly role: "plain" | "loop" | "body" | "handler" | "cleanup";
  readonly owner: Block | null;
  /** Rounds left of a loop. */
  rounds: number;
  /** What a handler raises again, and what follows a cleanup. */
  held: Completion;
}

interface Machine {
  readonly world: World;
  readonly who: string;
  readonly stack: Context[];
  /** A fiber's own body, not a call inside it. */
  readonly outer: boolean;
  waiting: Statement | null;
  /** Says what it wants by `performCall`, `performTransfer` and `performYield`, not by `perform`. */
  readonly direct: boolean;
}

const run = (frame: Frame, how: How, value: unknown): unknown => {
  const machine = frame.a as Machine;
  const { world, who, waiting } = machine;
  machine.waiting = null;
  let completion: Completion = NORMAL;
  if (how === RETURN) completion = { type: "kill" };
  else if (how === RAISE) completion = { type: "throw", error: value };
  if (waiting !== null) {
    if (waiting[0] === "call") {
      const signal = value as { value: unknown } | undefined;
      if (how === DELIVER) world.log(`${who} called -> ${show(signal && [signal.value])}`);
    } else if (how === DELIVER) world.passed(who, waiting, value);
    else if (how === RAISE) world.failed(who, waiting, value);
  }
  for (;;) {
    if (completion.type === "normal") {
      const started = advance(machine);
      if (started === "suspended") return SUSPEND;
      if (started !== "block done") {
        completion = started;
        continue;
      }
    }
    completion = leave(machine, completion);
    if (machine.stack.length === 0) return finish(machine, completion);
  }
};

/** Runs the statements of the innermost block until it ends, suspends or is left. */
function advance(machine: Machine): Completion | "suspended" | "block done" {
  const { world, who, stack } = machine;
  const context = stack.at(-1) as Context;
  while (context.next < context.statements.length) {
    const statement = context.statements[context.next++] as Statement;
    try {
      world.step();
    } catch (error) {
      return { type: "throw", error };
    }
    switch (statement[0]) {
      case "try":
        stack.push(block(statement[1], "body", statement));
        return NORMAL;
      case "loop":
        stack.push({ ...block(statement[2], "loop", statement), rounds: statement[1] - 1 });
        return NORMAL;
      case "call": {
        const callee = start(world, who, statement[1], false, machine.direct);
        let out: unknown;
        try {
          out = machine.direct ? performCall(called, callee) : perform(called(callee));
        } catch (error) {
          return { type: "throw", error };
        }
        if (out === SUSPEND) {
          machine.waiting = statement;
          return "suspended";
        }
        const signal = out as { value: unknown } | undefined;
        world.log(`${who} called -> ${show(signal && [signal.value])}`);
        break;
      }
      case "return":
        return { type: "return", value: statement[1] };
      default: {
        let wish: Wish;
        try {
          wish = world.wish(statement);
          if (!("done" in wish)) {
            if (machine.direct && wish.verb === "yield" && wish.values.length === 1) {
              performYield(wish.values[0] ?? undefined);
            } else if (machine.direct && wish.verb === "transfer") {
              performTransfer(wish.fiber, ...wish.values.map(undo));
            } else {
              perform(wishOp(wish));
            }
            machine.waiting = statement;
            return "suspended";
          }
        } catch (error) {
          world.failed(who, statement, error);
          return { type: "throw", error };
        }
        world.passed(who, statement, wish.done);
      }
    }
  }
  return "block done";
}

/** Leaves the innermost block: what goes on in the block around it, or in one opened in its place. */
function leave(machine: Machine, completion: Completion): Completion {
  const { stack } = machine;
  const context = stack.pop() as Context;
  switch (context.role) {
    case "plain":
      return completion;
    case "loop":
      if (completion.type === "normal" && context.rounds > 0) {
        stack.push({ ...context, next: 0, rounds: context.rounds - 1 });
      }
      return completion;
    case "body": {
      const [, , handler] = context.owner as Block & { 0: "try" };
      if (completion.type !== "throw" || handler === null)
        return clean(machine, context, completion);
      machine.world.log(`${machine.who} rescued`);
      stack.push({ ...block(handler, "handler", context.owner), held: completion });
      return NORMAL;
    }
    case "handler": {
      const again = (context.owner as Block & { 0: "try" })[4];
      const calm = completion.type === "normal" || completion.type === "return";
      return clean(machine, context, again && calm ? context.held : completion);
    }
    case "cleanup":
      return completion.type === "normal" ? context.held : completion;
  }
}

function clean(machine: Machine, context: Context, completion: Completion): Completion {
  const [, , , cleanup] = context.owner as Block & { 0: "try" };
  if (cleanup === null) return completion;
  machine.world.log(`${machine.who} ensures`);
  machine.stack.push({ ...block(cleanup, "cleanup", context.owner), held: completion });
  return NORMAL;
}

function finish({ world, who, outer }: Machine, completion: Completion): unknown {
  if (completion.type === "throw") throw completion.error;
  if (completion.type === "kill") return KILL;
  const value = completion.type === "return" ? (completion.value ?? undefined) : undefined;
  if (!outer) return completion.type === "return" ? { value: completion.value } : undefined;
  world.log(`${who} end ${show(value)}`);
  return value;
}

function block(
  statements: readonly Statement[],
  role: Context["role"],
  owner: Block | null,
): Context {
  return { statements, next: 0, role, owner, rounds: 0, held: NORMAL };
}

function start(
  world: World,
  who: string,
  statements: Statement[],
  outer: boolean,
  direct: boolean,
): Machine {
  return { world, who, stack: [block(statements, "plain", null)], outer, waiting: null, direct };
}

const called = frames<[Machine], unknown>("called", run);

const routines = (direct: boolean) => (world: World, index: number) =>
  frames<unknown[], unknown>(`f${index}`, (frame, how, value) => {
    if (how === START) {
      world.begin(`f${index}`, [frame.a, frame.b, frame.c, frame.d]);
      frame.a = start(world, `f${index}`, world.body(index), true, direct);
    }
    return run(frame, how, value);
  });

function interpreter(direct: boolean): (program: Program) => Trace {
  return (program) => {
    const world = new World(program, routines(direct));
    runMain(world);
    return world.finish();
  };
}

export const onMachines: (program: Program) => Trace = interpreter(false);
export const onDirectMachines: (program: Program) => Trace = interpreter(true);
