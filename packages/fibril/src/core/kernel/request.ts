/** Requests to end: their options, and the `Cancelled` errors that they throw. */
import { MILLISECONDS, type Rules, checkOptions } from "./check.js";
import { Cancelled } from "./errors.js";
import { CancelRequest, type FiberFields, K, type TaskFields } from "./registers.js";
import { labelOf, textOf } from "./text.js";

/** The label of the fiber that calls `cancel`; undefined in plain code. */
export function asker(): string | undefined {
  return K.task === null || K.current === K.loop ? undefined : labelOf(K.current);
}

const CANCEL_OPTIONS: Rules<{ readonly grace?: number | undefined }> = { grace: MILLISECONDS };

/** The grace that is given with a request, in milliseconds; Infinity by default. */
export function graceOf(options: { readonly grace?: number | undefined } | undefined): number {
  if (options === undefined) return Number.POSITIVE_INFINITY;
  checkOptions("cancel", options, CANCEL_OPTIONS);
  return options.grace ?? Number.POSITIVE_INFINITY;
}

/** The error that a wait throws in a fiber that was asked to end. */
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

/** When the same error is thrown again at a later wait, its message says what to do instead. */
export function sayAgain(error: Cancelled, wait: string): void {
  error.message =
    `${messageOf(error.request, error.fiber as FiberFields, error.forced)}; ` +
    `${wait} cannot wait here any more: clean-up that waits belongs in defer(…) or shield(…)`;
}

/** For each task whose grace is over: the request by which it is unwound, and whose Cancelled it ends with. */
const forcing = new WeakMap<TaskFields, CancelRequest>();

/** The grace of the request is over. */
export function forceBy(task: TaskFields, request: CancelRequest): void {
  forcing.set(task, request);
}

export function forcedBy(task: TaskFields): CancelRequest | undefined {
  return forcing.get(task);
}
