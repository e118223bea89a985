/**
 * A wish that some work should end: who asked, why, and for which scope. One request is shared by
 * every fiber that it reaches; each of them throws a `Cancelled` of its own.
 */
import { checkOptions, MILLISECONDS, type Rules } from "./check.js";
import { Cancelled } from "./errors.js";
import type { FiberFields, ScopeFields } from "./kernel.js";
import { labelOf } from "./label.js";

/** Who asked. */
export type CancelSource = "fiber" | "scope" | "deadline" | "failure" | "signal" | "parent";

export class CancelRequest {
  /** The scope that was asked to end: where it stops being an error. */
  readonly scope: ScopeFields;
  readonly source: CancelSource;
  readonly reason: unknown;

  constructor(scope: ScopeFields, source: CancelSource, reason: unknown) {
    this.scope = scope;
    this.source = source;
    this.reason = reason;
  }
}

const CANCEL_OPTIONS: Rules<{ readonly grace?: number | undefined }> = { grace: MILLISECONDS };

/** How long a request is to be patient. */
export function graceOf(options: { readonly grace?: number | undefined } | undefined): number {
  if (options === undefined) return Number.POSITIVE_INFINITY;
  checkOptions("cancel", options, CANCEL_OPTIONS);
  return options.grace ?? Number.POSITIVE_INFINITY;
}

/** What a wait throws in a fiber that was asked to end. */
export function cancelledError(request: CancelRequest, fiber: FiberFields): Cancelled {
  return new Cancelled(messageOf(request, fiber), request, fiber);
}

function messageOf({ reason, source }: CancelRequest, fiber: FiberFields): string {
  const because = reason === undefined ? "" : `: ${textOf(reason)}`;
  return `${labelOf(fiber)} was cancelled by its ${source}${because}`;
}

/** The same error at a later wait says what to do instead. */
export function sayAgain(error: Cancelled, wait: string): void {
  error.message =
    `${messageOf(error.request, error.fiber as FiberFields)}; ${wait} cannot wait here any more: ` +
    `clean-up that waits belongs in defer(…) or shield(…)`;
}

function textOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}
