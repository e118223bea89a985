/** Stands in for what `@effect/platform-node` has: a program with Effect would import it, so it is not counted. */
import type { Writable } from "node:stream";
import { Data, Effect, Runtime } from "effect";

export class IoError extends Data.TaggedError("IoError")<{ readonly cause: unknown }> {}

/** Runs a program; SIGINT interrupts it, and the exit code is then 130. */
export const runMain: <A, E>(program: Effect.Effect<A, E>) => void = Runtime.makeRunMain(
  ({ fiber, teardown }) => {
    let interrupted = false;
    const stop = (): void => {
      interrupted = true;
      fiber.interruptUnsafe(fiber.id);
    };
    process.once("SIGINT", stop);
    fiber.addObserver((exit) => {
      process.removeListener("SIGINT", stop);
      teardown(exit, (code) => {
        process.exitCode = interrupted ? 130 : code;
      });
    });
  },
);

/** Writes; waits while the stream is full; fails when it breaks. */
export const write = (stream: Writable, text: string): Effect.Effect<void, IoError> =>
  Effect.callback<void, IoError>((resume) => {
    if (stream.destroyed) return resume(Effect.fail(new IoError({ cause: "closed" })));
    if (stream.write(text)) return resume(Effect.void);
    const undo = (): void => {
      stream.off("drain", drained).off("close", closed);
    };
    const drained = (): void => {
      undo();
      resume(Effect.void);
    };
    const closed = (): void => {
      undo();
      resume(Effect.fail(new IoError({ cause: stream.errored ?? "closed" })));
    };
    stream.on("drain", drained).on("close", closed);
    return Effect.sync(undo);
  });

/** Ends a stream, and waits until everything is written. */
export const end = (stream: Writable): Effect.Effect<void, IoError> =>
  Effect.tryPromise({
    try: () => new Promise<void>((resolve, reject) => stream.once("error", reject).end(resolve)),
    catch: (cause) => new IoError({ cause }),
  });
