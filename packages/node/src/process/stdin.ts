/** What is typed, or comes through a pipe. */
import { defer, lines, type Reader } from "fibril";
import { checkScheduled } from "fibril/extend";

/** One for the whole process, so that lines that have come and were not read are the next one's who reads. */
let reader: Reader<string> | null = null;
/** Scopes that use it. */
let users = 0;

/**
 * The lines of the process' standard input, until the innermost scope ends; what was not read is kept for the next call.
 * Closing the reader closes the input for good.
 *
 * A plain call. Reading suspends, and throws what `Reader.read` throws. Throws FiberError where no scheduler is.
 *
 * ```ts
 * import { run } from "fibril";
 * import { stdinLines } from "@fibril/node";
 *
 * function* ask(question: string) {
 *   process.stdout.write(`${question} `);
 *   return yield* stdinLines().read();
 * }
 * void (() => run(ask, "your name?"));
 * ```
 */
export function stdinLines(): Reader<string> {
  checkScheduled("stdinLines");
  defer(leaves);
  reader ??= lines(process.stdin);
  users++;
  return reader;
}

/** A stream of Node's that is not paused keeps the process alive. */
function leaves(): void {
  users--;
  if (users === 0) process.stdin.pause();
}
