/**
 * The hooks by which a scheduler informs tools about its fibers; the kernel does nothing else for tools. A
 * scheduler without a probe pays nothing, because it runs a loop without hooks. If a hook throws, the error
 * is reported, and the scheduler goes on without the probe.
 */
/** How a scheduled fiber ended. */
export type Ending = "returned" | "failed" | "cancelled" | "killed";

/** Callbacks that a run calls for its fibers. Any of them may be left out. `F` is `Fiber`. */
export interface Probe<F = any> {
  /** A fiber was created by `parent`, or by `run`, in which case `parent` is undefined. */
  spawn?(fiber: F, parent: F | undefined): void;
  /** Its turn begins. */
  resume?(fiber: F): void;
  /** Its turn is over: it waits for `what`, or it only gave way, in which case `what` is undefined. */
  suspend?(fiber: F, what: string | undefined): void;
  /** Its wait ended, either because what it waited for happened or because it was interrupted. */
  wake?(fiber: F): void;
  /** It has ended. */
  exit?(fiber: F, ending: Ending): void;
  /** It was asked to end, either alone or together with the scope that it is in. */
  cancel?(fiber: F, reason: unknown): void;
}
