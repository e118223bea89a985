/** From a reader into a writer. */
import {
  checkOptions,
  daemon,
  FLAG,
  type Op,
  type Routine,
  routine,
  type Rules,
} from "../core/index.js";
import { scope } from "../scope.js";
import { Reader, type Readables } from "./reader.js";
import { type Writables, Writer } from "./writer.js";

/** Options of `pipe`. */
export interface PipeOptions {
  /** Whether the writer ends when the reader does: true by default. */
  readonly end?: boolean | undefined;
}

const RULES: Rules<PipeOptions> = { end: FLAG };

const run = routine(
  "pipe",
  function* (from: Reader<unknown>, to: Writer<unknown>, end: boolean): Routine<number> {
    let done = false;
    let count = 0;
    let failure: unknown;
    try {
      yield* scope(function* () {
        // The reader may have nothing to say for a long time.
        daemon("pipe: what breaks the writer", () => to.broken());
        for (;;) {
          const chunk = yield* from.read();
          if (chunk === undefined) break;
          yield* to.write(chunk);
          count++;
        }
        if (end) yield* to.end();
      });
      done = true;
      return count;
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      if (!done) {
        from.close(failure);
        to.abort(failure);
      }
    }
  },
) as (from: Reader<unknown>, to: Writer<unknown>, end: boolean) => Op<number>;

/**
 * Reads from one and writes to the other until the end, no faster than that can take it; results in the number of
 * chunks.
 *
 * Suspends. What breaks either of them is thrown, and ends the other; so does a request to end: then both are
 * given up. Takes what `Reader.from` and `Writer.from` take.
 *
 * ```ts
 * const seen: number[] = [];
 * const target = new WritableStream<number>({ write: (chunk) => void seen.push(chunk) });
 * const count = yield* pipe([1, 2, 3], target);
 * count; // 3
 * ```
 */
export function pipe<Chunk>(
  from: Readables<Chunk>,
  to: Writables<Chunk>,
  options: PipeOptions = {},
): Op<number> {
  checkOptions("pipe", options, RULES);
  const { end = true } = options;
  return run(Reader.from(from) as Reader<unknown>, Writer.from(to) as Writer<unknown>, end);
}
