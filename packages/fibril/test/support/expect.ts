import assert from "node:assert/strict";
import { FiberError, type FiberErrorCode } from "fibril";

/** The call throws FiberError with this text, and with this code where one is named. */
export function refused(
  message: string | RegExp,
  call: () => unknown,
  code?: FiberErrorCode,
): void {
  assert.throws(call, (error: unknown) => {
    assert.ok(error instanceof FiberError, `a FiberError, not ${String(error)}`);
    if (typeof message === "string") assert.equal(error.message, message);
    else assert.match(error.message, message);
    if (code !== undefined) assert.equal(error.code, code);
    return true;
  });
}

/** What a call throws. */
export function thrown(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return assert.fail("it throws");
}

/** Collects garbage, however this host does it; false where it cannot be asked to. */
export function collectGarbage(): boolean {
  const host = globalThis as { gc?: () => void; Bun?: { gc(force: boolean): void } };
  if (host.gc !== undefined) host.gc();
  else if (host.Bun !== undefined) host.Bun.gc(true);
  else return false;
  return true;
}
