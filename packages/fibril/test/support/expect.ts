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

/** Values that throw, or have nothing, where one looks for what every object has. */
export function hostileValues(): unknown[] {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const throws = {
    get(): never {
      throw new Error("a getter");
    },
  };
  const names = ["then", "next", Symbol.iterator];
  const throwing = Object.fromEntries(names.map((name) => [name, throws]));
  return [proxy, Object.create(null), Symbol("symbol"), Object.defineProperties({}, throwing)];
}
