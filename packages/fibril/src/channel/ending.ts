/**
 * How a channel ends, and what each side is told of it.
 *
 *                           who sends                    who receives
 *     close()               closed                       what is left, then ended
 *     close(error)          closed, with it as cause     what is left, then the error
 *     last receiver closed  broken                       closed
 */
import { FiberError } from "../core/index.js";

/** What a receive brings along, and results in, that is not to throw when the channel has ended. */
export const AT_END: unique symbol = Symbol("fibril.end");

export interface End {
  /** Nobody receives any more. */
  readonly broken: boolean;
  /** What it was closed with, if that was given. */
  readonly error: unknown;
  readonly given: boolean;
}

export function sendError(channel: string, { broken, error, given }: End): FiberError {
  if (broken) {
    return new FiberError(
      "broken",
      `nobody receives from ${channel} any more: its receivers have closed`,
    );
  }
  return new FiberError(
    "closed",
    `${channel} was closed: nothing can be sent any more`,
    given ? { cause: error } : {},
  );
}

export function receiveError(channel: string, { broken, error, given }: End): unknown {
  if (broken) return new FiberError("closed", `the receivers of ${channel} were closed`);
  if (given) return error;
  return new FiberError(
    "ended",
    `${channel} has ended: it was closed, and nothing is left in it; each(…) and iteration end quietly`,
  );
}
