/**
 * Random fiber programs, as data: what the generator makes, four interpreters run (Ruby's in
 * judge.rb, three here), and the fixtures keep.
 *
 * A program answers a trace: a line for every statement that ran, with its value or its error.
 */
export type Value = number | string | null;
export type Target = number | "root";
/** What `raise` is given: a message, a class, an error, or something it must refuse. */
export type Raised = Value | { class: "RuntimeError" | "TypeError" } | { error: string };
/** A fiber's storage option. "frozen" stands for a frozen object. */
export type Pairs = true | null | number | "frozen" | Record<string, Value>;

export type Statement =
  | [kind: "new", fiber: number, storage?: Pairs]
  | [kind: "resume" | "transfer", target: Target, ...values: Value[]]
  | [kind: "yield", ...values: Value[]]
  | [kind: "raise", target: Target, ...raised: Raised[]]
  | [kind: "kill" | "alive" | "status", target: Target]
  | [kind: "current" | "storage"]
  | [kind: "get", key: string]
  | [kind: "set", key: string, value: Value]
  | [kind: "store", pairs: Pairs]
  | [kind: "fail", message: string]
  | [kind: "return", value: Value]
  | Block;
/** Statements that hold statements. */
export type Block =
  | [
      kind: "try",
      body: Statement[],
      handler: Statement[] | null,
      cleanup: Statement[] | null,
      again: boolean,
    ]
  | [kind: "loop", times: number, body: Statement[]]
  | [kind: "call", body: Statement[]];

export interface Program {
  /** The body of each fiber. */
  readonly fibers: Statement[][];
  /** Plain code: its calls are the synchronous methods. Errors are swallowed after each statement. */
  readonly main: Statement[];
  /** For a Ruby older than 3.4: raises go to suspended fibers only. */
  readonly old?: boolean;
}

export type Trace = string[];

export const STEPS = 250;

/** For people: one statement a line. */
export function print(program: Program): string {
  const lines: string[] = [];
  const block = (statements: readonly Statement[], depth: number): void => {
    for (const statement of statements) {
      const pad = "  ".repeat(depth);
      if (statement[0] === "try") {
        lines.push(`${pad}try`);
        block(statement[1], depth + 1);
        if (statement[2]) {
          lines.push(`${pad}rescue${statement[4] ? " (and raise again)" : ""}`);
          block(statement[2], depth + 1);
        }
        if (statement[3]) {
          lines.push(`${pad}ensure`);
          block(statement[3], depth + 1);
        }
      } else if (statement[0] === "loop") {
        lines.push(`${pad}loop ${statement[1]}`);
        block(statement[2], depth + 1);
      } else if (statement[0] === "call") {
        lines.push(`${pad}call`);
        block(statement[1], depth + 1);
      } else {
        const [kind, ...rest] = statement;
        lines.push(`${pad}${kind} ${rest.map((item) => JSON.stringify(item)).join(" ")}`);
      }
    }
  };
  program.fibers.forEach((body, index) => {
    lines.push(`fiber ${index}`);
    block(body, 1);
  });
  lines.push("main");
  block(program.main, 1);
  return lines.join("\n");
}
