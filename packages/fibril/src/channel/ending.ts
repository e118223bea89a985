/**
 * How a channel ends, and which error each side gets.
 *
 *                            a sender gets                a receiver gets
 *     close()                closed                       what is left, then ended
 *     close(error)           closed, with it as cause     what is left, then the error
 *     last receiver closed   broken                       closed
 *
 * That a channel ends apart for its two sides, and that "closed by you" and "broken by the other side" are
 * different errors, is trio's rule. A receive on an ended channel throws, because a value that stands for the end
 * (Go's zero, say) would be taken for a message by whoever forgets to look, and be taken again for ever.
 */
import { Cancelled, FiberError } from "../core/index.js";

export interface End {
  /** Nobody receives any more. */
  readonly broken: boolean;
  /** What it was closed with. */
  readonly error: unknown;
}

/** An end in order: iterations are over, and nothing has failed. */
export function isEnd({ broken, error }: End): boolean {
  return !broken && error === undefined;
}

export function sendError(channel: string, { broken, error }: End): FiberError {
  if (broken) {
    return new FiberError(
      "broken",
      `nobody receives from ${channel} any more: its receivers have been closed`,
    );
  }
  return new FiberError(
    "closed",
    `${channel} was closed: nothing can be sent any more`,
    error === undefined ? {} : { cause: error },
  );
}

export function receiveError(channel: string, { broken, error }: End): unknown {
  if (broken) return new FiberError("closed", `the receivers of ${channel} were closed`);
  // A Cancelled would say that the receiver was asked to end.
  if (Cancelled.is(error)) {
    const message = `${channel} was broken by its senders: ${error.message}`;
    return new FiberError("broken", message, { cause: error });
  }
  if (error !== undefined) return error;
  return new FiberError(
    "ended",
    `${channel} has ended: it was closed, and nothing is left in it; next() and each(…) end quietly`,
  );
}

/** A half that was closed is used again. */
export function halfError(half: string, channel: string): FiberError {
  return new FiberError("closed", `this ${half} of ${channel} was closed`);
}
