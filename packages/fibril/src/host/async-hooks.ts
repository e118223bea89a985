/** The part of `node:async_hooks` that the library uses, where the host has it. */
import { globals } from "./globals.js";

export interface Resource {
  runInAsyncScope<Result>(fn: () => Result): Result;
}

export interface AsyncHooks {
  readonly AsyncLocalStorage: new () => {
    enterWith(value: unknown): void;
    getStore(): unknown;
    disable(): void;
  };
  readonly AsyncResource: new (
    type: string,
    options: { requireManualDestroy: boolean },
  ) => Resource;
}

/** The module; undefined where the host has none, or only an incomplete `process`. */
export function asyncHooks(): AsyncHooks | undefined {
  let hooks: Partial<AsyncHooks> | undefined;
  try {
    hooks = globals.process?.getBuiltinModule?.("node:async_hooks") as typeof hooks;
  } catch {
    // Deno loads its modules late, which fails where the realm is locked.
  }
  const whole = hooks?.AsyncLocalStorage !== undefined && hooks.AsyncResource !== undefined;
  return whole ? (hooks as AsyncHooks) : undefined;
}

/** Makes resources, each of which remembers the context in which it was made. */
export function resources({ AsyncResource }: AsyncHooks): () => Resource {
  return () => new AsyncResource("fibril", { requireManualDestroy: true });
}
