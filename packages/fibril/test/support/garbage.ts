/** Asking the host to collect garbage, and whether it did. */

export const CANNOT = "this host has no way to ask for a garbage collection";

/** Of a hundred: hosts that scan the stack conservatively may keep some by accident; a leak keeps all. */
export const ALMOST_ALL = 95;

/** Collects garbage, however this host does it; false where it cannot be asked to. */
export function collectGarbage(): boolean {
  const host = globalThis as { gc?: () => void; Bun?: { gc(force: boolean): void } };
  if (host.gc !== undefined) host.gc();
  else if (host.Bun !== undefined) host.Bun.gc(true);
  else return false;
  return true;
}

/** Weak references are cleared after a collection between turns of the event loop, at the latest. */
export async function collected(refs: readonly WeakRef<object>[]): Promise<number> {
  for (let round = 0; round < 10; round++) {
    collectGarbage();
    await new Promise((resolve) => setTimeout(resolve, 5));
    if (refs.every((ref) => ref.deref() === undefined)) break;
  }
  return refs.filter((ref) => ref.deref() === undefined).length;
}
