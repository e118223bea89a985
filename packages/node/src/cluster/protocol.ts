/** What passes between a cluster and the processes that are its members. */
import type { SentError } from "../workers/errors.js";

/** The routine that a member runs. */
export interface Work {
  readonly module: string;
  readonly name: string;
  readonly args: readonly unknown[];
}

/** `close`: the member lets its servers close, each with its own grace, and ends. */
export type ToMember = { readonly kind: "run"; readonly work: Work } | { readonly kind: "close" };

/**
 * `here`: it listens to messages; what is sent before is lost. `ready`: its routine has returned. `failed`: it has
 * thrown.
 */
export type ToCluster =
  | { readonly kind: "here" }
  | { readonly kind: "ready" }
  | { readonly kind: "failed"; readonly error: SentError };
