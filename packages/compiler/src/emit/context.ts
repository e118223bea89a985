/** What the printers of one function share. */
import type { Scopes, Variable } from "../analysis/scopes.js";
import type { Places } from "../analysis/places.js";
import type { Storage } from "../analysis/storage.js";
import type { Suspensions } from "../analysis/suspensions.js";
import { ancestor, isFunction, isLoop, type Node } from "../syntax/ast.js";
import type { Doc } from "./doc.js";
import type { Names } from "./names.js";
import { Slots } from "./slots.js";
import type { Steps } from "./steps.js";

/** A function cannot be compiled soundly, and stays as it is. */
export class LeftAlone extends Error {
  readonly node: Node;

  constructor(reason: string, node: Node) {
    super(reason);
    this.name = "LeftAlone";
    this.node = node;
  }
}

/**
 * What a function is compiled to.
 *
 * - `routine`: its code stands beside it, and fibers enter it without a call of the function.
 * - `closure`: a call of the function makes the code, and fibers enter that.
 * - `generator`: the same, but only the generator object enters the code.
 * - `direct`: an ordinary function that may wait.
 */
export type Form = "routine" | "closure" | "generator" | "direct";

/** What the printers share for a whole file. */
export interface ModuleContext {
  readonly source: string;
  readonly scopes: Scopes;
  readonly names: Names;
  readonly places: Places;
  /** The slots of each routine that has been printed. */
  readonly slots: Map<Node, Slots>;
  /** The helpers of the runtime that the output imports. */
  readonly helpers: Set<string>;
  /** Prints a function inside if it is compiled, a declaration also as an expression. */
  compiled(node: Node, asExpression?: boolean): Doc | null;
  /** What a generator function becomes; undefined if it stays as it is. */
  formOf(node: Node): Form | undefined;
  /** The calls at which a function in direct style is entered again. */
  pointsOf(fn: Node): ReadonlySet<Node>;
  /** Whether a call in direct style is the end of its function. */
  isTail(call: Node): boolean;
  /** Whether nothing in a function in direct style can wait. */
  isQuiet(fn: Node): boolean;
  /** Whether `arguments` of a function is in a variable, because it is entered more than once. */
  renamesArguments(fn: Node): boolean;
  /** Whether a name is such an `arguments`. */
  isRenamed(name: Node): boolean;
  /** Whether something in this part of the text is printed otherwise than it was written. */
  changesIn(start: number, end: number): boolean;
}

/** A `finally` that suspends: jumps out of its `try` are stored, and done after it. */
export interface Exit {
  readonly statement: Node;
  readonly label: string;
  readonly kind: string;
  readonly value: string;
  /** The jumps that have been met, each with the number under which it is stored. */
  readonly jumps: Node[];
}

/** The printers that know all kinds of nodes, for the files that print one kind. */
export interface Printers {
  expression(node: Node, steps: Steps, context: Context): Doc;
  printTail(call: Node, context: Context): Doc;
  addStatement(node: Node, steps: Steps, context: Context): void;
  printBody(node: Node, context: Context): Doc;
  printBlock(node: Node, statements: readonly Node[], context: Context): Doc;
  hoistFunctions(statements: readonly Node[], steps: Steps, context: Context): void;
  addStatements(block: Node, statements: readonly Node[], steps: Steps, context: Context): void;
}

export class Context {
  readonly printers: Printers;
  readonly module: ModuleContext;
  readonly fn: Node;
  readonly suspensions: Suspensions;
  readonly slots: Slots;
  /** The innermost last. */
  readonly exits: Exit[] = [];
  /** What has to be done before the code suspends. */
  readonly guards: string[] = [];
  /** Temporaries that hold a value now: name and slot. */
  readonly held: { name: string; slot: number }[] = [];
  /** Variables of the compiler that are restored where they are declared. */
  readonly kept: { name: string; slot: number }[] = [];
  readonly temporaries: string[] = [];
  /** In direct style, what restores the variables of the function itself; null in its blocks. */
  restores: Doc[] | null = null;
  /** Parts of what is printed that have been evaluated before, and what stands in their places. */
  readonly replaced: Map<Node, Doc> = new Map();
  /** The variables that hold the resources of blocks, in direct style. */
  readonly resources: Map<Node, string> = new Map();
  readonly kernel: boolean;
  /** Direct style: there is no frame until the function suspends. */
  readonly direct: boolean;
  #fresh = 0;
  #callsCode = false;

  constructor(
    module: ModuleContext,
    printers: Printers,
    fn: Node,
    suspensions: Suspensions,
    taken: number,
    kernel: boolean,
    direct = false,
  ) {
    this.printers = printers;
    this.module = module;
    this.fn = fn;
    this.suspensions = suspensions;
    this.slots = new Slots(taken);
    this.kernel = kernel;
    this.direct = direct;
  }

  get pc(): string {
    return this.module.names.of("pc");
  }

  get how(): string {
    return this.module.names.of("how");
  }

  get value(): string {
    return this.module.names.of("value");
  }

  get frame(): string {
    return this.module.names.frame;
  }

  helper(name: string): string {
    this.module.helpers.add(name);
    return this.module.names.of(name);
  }

  fresh(): string {
    return this.module.names.of(String(++this.#fresh));
  }

  /** Whether the code runs from the start, and not from a suspension on. Direct style has the shorter form. */
  get starts(): string {
    return this.direct ? `!${this.pc}` : `${this.pc} === 0`;
  }

  get returns(): string {
    return this.direct ? this.pc : `${this.pc} !== 0`;
  }

  /** A temporary that all calls of the function share, because it is needed only while one is made. */
  shared(name: string): string {
    const full = this.module.names.of(name);
    if (!this.temporaries.includes(full)) this.temporaries.push(full);
    return full;
  }

  /** Whether the code calls other code on the native stack, and has to know how deep that is. */
  get callsCode(): boolean {
    return this.#callsCode;
  }

  asksDepth(): void {
    this.#callsCode = true;
    this.helper("depthIn");
  }

  /** The kernel's registers, in direct style. */
  get registers(): string {
    return this.helper("registers");
  }

  get depth(): string {
    return this.module.names.of("depth");
  }

  get slotsName(): string {
    return this.module.names.of("slots");
  }

  /** The value of a slot at the start of its block. */
  restored(slot: number): Doc {
    const value = this.slot(slot);
    return this.direct ? [`${this.slotsName} && `, value] : value;
  }

  slot(index: number): Doc {
    if (this.direct) return () => `${this.slotsName}${this.slots.saved(index)}`;
    return this.slots.at(index, this.frame, this.more);
  }

  /** The slots that the frame has no field for. */
  get more(): string {
    return this.module.names.of("more");
  }

  within(node: Node | null): boolean {
    return this.suspensions.within(node);
  }

  range(node: Node): { low: number; high: number } {
    return this.suspensions.rangeOf(node) as { low: number; high: number };
  }

  /** The last suspension point in any of these nodes; 0 if there is none. */
  high(...nodes: readonly (Node | null)[]): number {
    return Math.max(
      0,
      ...nodes.map((each) => (each === null ? 0 : (this.suspensions.rangeOf(each)?.high ?? 0))),
    );
  }

  placeOf(variable: Variable | null): Storage | undefined {
    return variable === null ? undefined : this.module.places.get(variable);
  }

  /** A temporary variable with a slot. */
  hold(): string {
    const name = this.fresh();
    this.temporaries.push(name);
    this.held.push({ name, slot: this.slots.take() });
    return name;
  }

  /** Prints a part in which a temporary gets its value only at the end, so that it need not be saved. */
  before<Result>(name: string, body: () => Result): Result {
    const at = this.held.findIndex((each) => each.name === name);
    if (at === -1) return body();
    const taken = this.held.splice(at, 1);
    const result = body();
    this.held.splice(at, 0, ...taken);
    return result;
  }

  /** The places that are in scope at a node and have a slot. */
  inScope(node: Node): Storage[] {
    const found: Storage[] = [];
    let at: Node | null = node;
    while (at !== null) {
      const scope = this.module.scopes.scopeOf.get(at);
      if (scope !== undefined && scope.node === at) {
        for (const variable of scope.variables.values()) {
          const place = this.module.places.get(variable);
          if (place !== undefined && place.slot !== null) found.push(place);
        }
      }
      if (at === this.fn) break;
      at = at.parent;
    }
    return found;
  }
}

/** The statement that a `break` or `continue` leaves or repeats. */
export function targetOf(jump: Node): Node {
  const { label } = jump;
  const target = ancestor(jump, (node) => {
    if (label !== null) return node.type === "LabeledStatement" && node.label?.name === label.name;
    return isLoop(node) || (jump.type === "BreakStatement" && node.type === "SwitchStatement");
  });
  if (target === null) throw new LeftAlone("a jump without a target", jump);
  return target;
}

export function ownerOf(node: Node): Node | null {
  return ancestor(
    node,
    (each) => isFunction(each) || each.type === "StaticBlock" || each.type === "PropertyDefinition",
  );
}
