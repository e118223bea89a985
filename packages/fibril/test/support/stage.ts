/** A fiber in a situation, and a way of asking it to end: see scenarios.md. */
import { type End, monitor, type Routine } from "fibril";
import type { AnyFiber } from "./body.ts";
import type { ManualHost } from "./manual-host.ts";

export class Stage {
  readonly host: ManualHost;
  readonly lines: string[];
  /** The fiber that is asked. */
  target: AnyFiber | undefined;
  /** How it ended. */
  end: End | undefined;
  /** Asks it, from wherever this is called. */
  ask: () => void;
  /** The same by the target itself, in its own turn. */
  askItself: () => Routine<unknown>;
  /** Starts a sibling of the target. */
  sibling: (routine: () => Routine<void>) => void;

  constructor(host: ManualHost) {
    this.host = host;
    this.lines = [];
    this.target = undefined;
    this.end = undefined;
    this.ask = notYet;
    this.askItself = function* (this: Stage) {
      this.ask();
    };
    this.sibling = notYet;
  }

  say(line: string): void {
    this.lines.push(line);
  }

  /** Asking may be refused: that is said, too. */
  tryToAsk(): void {
    try {
      this.ask();
    } catch (error) {
      this.say(`refused: ${(error as { code?: string }).code ?? nameOf(error)}`);
    }
  }

  watch(fiber: AnyFiber): void {
    this.target = fiber;
    monitor(fiber, (end) => {
      this.end = end;
      this.say(end.ending);
    });
  }

  /** Runs something, and says how it left it. */
  *guarded(work: () => Routine<unknown>, prefix = ""): Routine<unknown> {
    this.say(`${prefix}waits`);
    try {
      const result = yield* work();
      this.say(`${prefix}goes on`);
      return result;
    } catch (error) {
      this.say(`${prefix}catches ${nameOf(error)}`);
      throw error;
    } finally {
      this.say(`${prefix}finally`);
    }
  }
}

function notYet(): never {
  throw new Error("the means has not been set up");
}

export function nameOf(error: unknown): string {
  const { name, message } = error as Error;
  return name === "Error" ? message : name;
}
