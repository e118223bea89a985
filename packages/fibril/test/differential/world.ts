/**
 * What the interpreters share: the fibers of one run, its trace, and how things are shown. Whatever
 * may suspend is theirs; whatever may not is here.
 */
import {
  Fiber,
  FiberError,
  type FiberOptions,
  type Op,
  type Raisable,
  type RoutineFunction,
} from "fibril";
import {
  type Pairs,
  type Program,
  type Raised,
  STEPS,
  type Statement,
  type Target,
  type Trace,
  type Value,
} from "./program.ts";

export type AnyFiber = Fiber<any, any, any, any>;
/** Makes the routine of the fiber with this index. */
export type Routines = (world: World, index: number) => RoutineFunction<any[], any, any, any>;

/** The outcome of a plain statement, or what has still to be done, by an op or by a method. */
export type Wish =
  | { done: unknown }
  | { verb: "resume" | "transfer"; fiber: AnyFiber; values: Value[] }
  | { verb: "raise"; fiber: AnyFiber; raised: Parameters<AnyFiber["raise"]> }
  | { verb: "kill"; fiber: AnyFiber }
  | { verb: "yield"; values: Value[] };

export class World {
  readonly program: Program;
  readonly trace: Trace = [];
  readonly fibers: AnyFiber[] = [];
  readonly #routines: Routines;
  #steps: number = STEPS;

  constructor(program: Program, routines: Routines) {
    this.program = program;
    this.#routines = routines;
    Fiber.root.storage = null;
  }

  step(): void {
    if (--this.#steps < 0) throw new Error("out of steps");
  }

  body(index: number): Statement[] {
    return this.program.fibers[index] as Statement[];
  }

  log(line: string): void {
    this.trace.push(line);
  }

  passed(who: string, statement: Statement, value: unknown): void {
    this.log(`${label(who, statement)} -> ${show(value)}`);
  }

  failed(who: string, statement: Statement, error: unknown): void {
    this.log(`${label(who, statement)} !! ${tell(error)}`);
  }

  begin(who: string, args: unknown[]): void {
    while (args.length > 0 && (args.at(-1) ?? null) === null) args.pop();
    this.log(`${who} begin ${show(args)}`);
  }

  /** The states at the end. */
  finish(): Trace {
    for (const fiber of this.fibers) if (fiber) this.log(`${fiber.name} ${word(fiber)}`);
    return this.trace;
  }

  wish(statement: Statement): Wish {
    switch (statement[0]) {
      case "resume":
      case "transfer": {
        const [verb, target, ...values] = statement;
        return this.#with(target, (fiber) => ({ verb, fiber, values }));
      }
      case "yield":
        return { verb: "yield", values: statement.slice(1) };
      case "raise": {
        const [verb, target, ...args] = statement;
        return this.#with(target, (fiber) =>
          this.program.old && !/^(suspended|created|terminated)$/.test(word(fiber))
            ? { done: "none" }
            : { verb, fiber, raised: args.map(raisable) as [] },
        );
      }
      case "kill":
        return this.#with(statement[1], (fiber) =>
          fiber === Fiber.root ? { done: "none" } : { verb: "kill", fiber },
        );
      case "alive":
        return this.#with(statement[1], (fiber) => ({ done: fiber.alive }));
      case "status":
        return this.#with(statement[1], (fiber) => ({ done: word(fiber) }));
      case "new":
        return { done: this.#create(statement[1], statement.length > 2, statement[2]) };
      case "current":
        return { done: Fiber.current };
      case "get":
        return { done: Fiber.get(statement[1]) };
      case "set":
        Fiber.set(statement[1], statement[2] ?? undefined);
        return { done: statement[2] };
      case "storage":
        return { done: Fiber.current.storage };
      case "store":
        Fiber.current.storage = pairs(statement[1]) as never;
        return { done: pairs(statement[1]) };
      case "fail":
        throw new Error(statement[1]);
      default:
        throw new Error(`no plain statement: ${statement[0]}`);
    }
  }

  #create(index: number, given: boolean, storage: Pairs | undefined): AnyFiber {
    const options: FiberOptions = { name: `f${index}` };
    const fiber = new Fiber<any, any, any, any>(
      this.#routines(this, index),
      given ? { ...options, storage: pairs(storage) as never } : options,
    );
    this.fibers[index] = fiber;
    return fiber;
  }

  #with(target: Target, then: (fiber: AnyFiber) => Wish): Wish {
    const fiber = target === "root" ? Fiber.root : this.fibers[target];
    return fiber === undefined ? { done: "none" } : then(fiber);
  }
}

/** Grants a wish from plain code. */
export function grant(wish: Wish): unknown {
  if ("done" in wish) return wish.done;
  switch (wish.verb) {
    case "yield":
      return Fiber.yield(...wish.values.map(undo));
    case "raise":
      return wish.fiber.raise(...wish.raised);
    case "kill":
      return wish.fiber.kill();
    default:
      return wish.fiber[wish.verb](...wish.values.map(undo));
  }
}

/** Grants it inside a fiber, under `yield*`. */
export function wishOp(wish: Exclude<Wish, { done: unknown }>): Op<unknown, any, any> {
  switch (wish.verb) {
    case "yield":
      return Fiber.yield(...wish.values.map(undo));
    case "resume":
      return Fiber.resume(wish.fiber, ...wish.values.map(undo));
    case "transfer":
      return Fiber.transfer(wish.fiber, ...wish.values.map(undo));
    case "raise":
      return Fiber.raise(wish.fiber, ...wish.raised);
    case "kill":
      return Fiber.kill(wish.fiber);
  }
}

/** Ruby's nil is undefined, except where a storage is nil. */
export function undo(value: Value): unknown {
  return value ?? undefined;
}

function pairs(value: Pairs | undefined): unknown {
  if (value === "frozen") return Object.freeze({ x: 1 });
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, item ?? undefined]));
}

function raisable(arg: Raised): Raisable | undefined {
  if (typeof arg !== "object" || arg === null) return (arg ?? undefined) as Raisable;
  if ("error" in arg) return new Error(arg.error);
  return arg.class === "TypeError" ? TypeError : Error;
}

const BARE: ReadonlySet<string> = new Set(["yield", "fail", "current", "storage", "store"]);

function label(who: string, [kind, first]: Statement): string {
  return BARE.has(kind) ? `${who} ${kind}` : `${who} ${kind} ${first as number | string}`;
}

function word(fiber: AnyFiber): string {
  return /\(([a-z ]+)\)>$/.exec(String(fiber))?.[1] ?? "no word";
}

function tell(error: unknown): string {
  if (error instanceof FiberError) return `FiberError: ${error.message}`;
  if (error instanceof TypeError) return `TypeError: ${error.message}`;
  return error instanceof Error ? `RuntimeError: ${error.message}` : `no error: ${String(error)}`;
}

export function show(value: unknown): string {
  if (value === null || value === undefined) return "nil";
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
  if (value instanceof Fiber) return value.name;
  if (typeof value === "object") {
    const items = Object.entries(value).map(([key, item]) => `${key}: ${show(item)}`);
    return `{${items.toSorted().join(", ")}}`;
  }
  // oxlint-disable-next-line typescript/no-base-to-string -- a number, a boolean or a symbol
  return String(value);
}
