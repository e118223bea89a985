/**
 * A wish that some work should end: who asked, why, and for which scope. One request is shared by
 * every fiber that it reaches; each of them throws a `Cancelled` of its own.
 *
 * It names no scope, because a `Cancelled` that somebody keeps would then keep the scheduler alive, and
 * all that is in it. A scope knows its request; two requests are compared, never followed.
 */
import { checkOptions, MILLISECONDS, type Rules } from "./check.js";
import { Cancelled } from "./errors.js";
import type { FiberFields } from "./kernel.js";
import * as kernel from "./kernel.js";
import { labelOf } from "./label.js";
import { textOf } from "./text.js";

const { K } = kernel;

/** Who asked. */
export type CancelSource = "fiber" | "scope" | "deadline" | "failure" | "signal" | "parent";

export class CancelRequest {
  readonly source: CancelSource;
  readonly reason: unknown;
  /** The fiber that was asked, where it was one fiber with all below it, and not a block. */
  readonly target: FiberFields | null;
  /** Who called `cancel`, or failed; undefined for plain code, signals and time limits. */
  readonly by: string | undefined;
  /** Of a time limit that throws: what the block waited for. */
  waited: string | undefined;

  constructor(
    source: CancelSource,
    reason: unknown,
    target: FiberFields | null,
    by: string | undefined,
  ) {
    this.source = source;
    this.reason = reason;
    this.target = target;
    this.by = by;
    this.waited = undefined;
  }
}

/** Who calls `cancel`: the running fiber, unless plain code does. */
export function asker(): string | undefined {
  return K.task === null || K.current === K.loop ? undefined : labelOf(K.current);
}

const CANCEL_OPTIONS: Rules<{ readonly grace?: number | undefined }> = { grace: MILLISECONDS };

/** How long a request is to be patient. */
export function graceOf(options: { readonly grace?: number | undefined } | undefined): number {
  if (options === undefined) return Number.POSITIVE_INFINITY;
  checkOptions("cancel", options, CANCEL_OPTIONS);
  return options.grace ?? Number.POSITIVE_INFINITY;
}

/** What a wait throws in a fiber that was asked to end. */
export function cancelledError(
  request: CancelRequest,
  fiber: FiberFields,
  forced: boolean = false,
): Cancelled {
  return new Cancelled(messageOf(request, fiber, forced), request, fiber, forced);
}

/** `fiber "a" was cancelled by fiber "b": shutting down`. */
function messageOf(request: CancelRequest, fiber: FiberFields, forced: boolean): string {
  const { reason } = request;
  const because = reason === undefined ? "" : `: ${textOf(reason)}`;
  const late = forced ? "; its grace was over, so it was unwound" : "";
  return `${labelOf(fiber)} was cancelled${askedBy(request, fiber)}${because}${late}`;
}

function askedBy({ source, by, target }: CancelRequest, fiber: FiberFields): string {
  const asking = by === undefined ? "" : by === labelOf(fiber) ? " by itself" : ` by ${by}`;
  switch (source) {
    case "fiber":
      return target === null || target === fiber ? asking : ` with ${labelOf(target)}${asking}`;
    case "scope":
      return ` with its scope${asking}`;
    case "deadline":
      return " by a time limit";
    case "failure":
      return ` because ${by ?? "something in its scope"} failed`;
    case "signal":
      return " by a signal";
    case "parent":
      return " by its parent";
  }
}

/** The same error at a later wait says what to do instead. */
export function sayAgain(error: Cancelled, wait: string): void {
  error.message =
    `${messageOf(error.request, error.fiber as FiberFields, error.forced)}; ` +
    `${wait} cannot wait here any more: clean-up that waits belongs in defer(…) or shield(…)`;
}
