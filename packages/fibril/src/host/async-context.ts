/**
 * `AsyncLocalStorage` in fibers: each has a context of its own, as a request of a server has.
 *
 * Two worlds. Up to Node 22 a storage keeps its value in the *resource* that is being executed, so a
 * resource for each fiber is all there is to it: `enterWith` in a fiber's turn writes into the fiber's
 * own. Elsewhere the values are in a *frame* that is never changed, only exchanged, and a resource
 * remembers the one in which it was made: there the end of a turn makes the resource for the next.
 *
 * `AsyncLocalStorage.snapshot()` would be right in both, and takes over a microsecond.
 */
import type { Context } from "../core/index.js";
import { type AsyncHooks, type Resource, resources } from "./async-hooks.js";

/** What gives the context of the code that calls it. */
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
