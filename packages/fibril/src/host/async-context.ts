/**
 * `AsyncLocalStorage` in fibers: each fiber has a context of its own, as each request of a server has.
 *
 * There are two implementations in hosts. Up to Node 22, a storage keeps its value in the *resource* that is
 * being executed. There it is enough to give each fiber a resource: `enterWith` in a fiber's turn writes into
 * the fiber's own. Elsewhere the values are in a *frame* that is never changed, only replaced, and a resource
 * remembers the frame in which it was made. There the end of each turn makes the resource for the next turn.
 *
 * `AsyncLocalStorage.snapshot()` would be correct in both, but takes over a microsecond.
 */
import type { Context } from "../core/index.js";
import { type AsyncHooks, type Resource, resources } from "./async-hooks.js";

/** Makes the function that captures the context of the code that calls it. */
export function contextMaker(hooks: AsyncHooks): () => Context {
  let make: (() => Context) | undefined;
  return () => (make ??= maker(hooks))();
}

function maker(hooks: AsyncHooks): () => Context {
  const { AsyncLocalStorage } = hooks;
  const resource = resources(hooks);

  const storage = new AsyncLocalStorage();
  const one = resource();
  one.runInAsyncScope(() => storage.enterWith(one));
  const kept = one.runInAsyncScope(() => storage.getStore()) === one;
  storage.disable();
  return kept ? () => inResource(resource()) : () => inFrame(resource(), resource);
}

function inResource(own: Resource): Context {
  return (enter) => own.runInAsyncScope(enter);
}

function inFrame(remembered: Resource, remember: () => Resource): Context {
  return (enter) =>
    remembered.runInAsyncScope(() => {
      enter();
      remembered = remember();
    });
}
