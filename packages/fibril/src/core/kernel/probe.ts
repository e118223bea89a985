/**
 * What a scheduler tells of its fibers to whoever wants to know. Tools are clients of these hooks;
 * the kernel does nothing else for them. A scheduler without a probe pays nothing, because it runs
 * another loop; a hook that throws is reported, and the probe is left out from then on.
 */
/** How a scheduled fiber ended. */
export type Ending = "returned" | "failed" | "cancelled" | "killed";

/** Any of the hooks may be left out. The fiber is a `Fiber`. */
export interface Probe<F = any> {
  /** A fiber was created by another, or by `run`: then `parent` is undefined. */
  spawn?(fiber: F, parent: F | undefined): void;
  /** It has its turn. */
  resume?(fiber: F): void;
  /** Its turn is over: it waits for `what`, or, when that is undefined, only gave way. */
  suspend?(fiber: F, what: string | undefined): void;
  /** What it waited for has come, or was called off. */
  wake?(fiber: F): void;
  exit?(fiber: F, ending: Ending): void;
  /** It was asked to end: by itself, or with the scope that it is in. */
  cancel?(fiber: F, reason: unknown): void;
}
