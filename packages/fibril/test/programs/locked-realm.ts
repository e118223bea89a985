/**
 * A little of everything, in a realm that was locked down before the library was loaded. The first
 * argument says how; without one nobody has, or Node itself (`--frozen-intrinsics`).
 */
import { inspect } from "node:util";

const locks: Record<string, () => void> = {
  "Error.prototype"() {
    Object.freeze(Error.prototype);
  },
  "Error.stackTraceLimit"() {
    Object.defineProperty(Error, "stackTraceLimit", {
      value: 10,
      writable: false,
      configurable: false,
    });
  },
  "all intrinsics"() {
    freezeFrom(
      ...Object.getOwnPropertyNames(globalThis)
        .filter((name) => /^[A-Z]/.test(name))
        .map((name) => Object.getOwnPropertyDescriptor(globalThis, name)?.value as unknown),
      Reflect,
      JSON,
      Math,
      Atomics,
      function* () {},
      async function () {},
      async function* () {},
      [][Symbol.iterator](),
      new Map().keys(),
      new Set().keys(),
      "".matchAll(/./g),
    );
  },
};

/** As SES does it, or near: everything that can be reached by prototypes and properties. */
function freezeFrom(...roots: unknown[]): void {
  const seen = new Set<unknown>([globalThis, process, console]);
  while (roots.length > 0) {
    const root = roots.pop();
    if ((typeof root !== "object" && typeof root !== "function") || root === null) continue;
    if (seen.has(root)) continue;
    seen.add(root);
    try {
      Object.freeze(root);
    } catch {
      // An array of bytes, or something of the host's.
    }
    roots.push(Object.getPrototypeOf(root));
    for (const property of Object.values(Object.getOwnPropertyDescriptors(root))) {
      roots.push(...(Object.values(property) as unknown[]));
    }
  }
}

locks[process.argv[2] ?? ""]?.();

const {
  Cancelled,
  createContext,
  DeadlockError,
  defer,
  dump,
  failAfter,
  Fiber,
  FiberError,
  moveOnAfter,
  resource,
  run,
  runSync,
  scope,
  sleep,
  spawn,
  supervise,
  suspend,
  TimeoutError,
  until,
} = await import("fibril");
const { expectNoLeaks, simulate, VirtualHost } = await import("fibril/testing");
await import("fibril/inspect");

const said: string[] = [];
const nameOf = (error: unknown): string => (error as Error).name;

/** Ruby's part. */
const coroutine = new Fiber(function* () {
  try {
    yield* Fiber.yield("yielded");
  } catch (error) {
    yield* Fiber.yield(nameOf(error));
  } finally {
    said.push("unwound");
  }
});
said.push(coroutine.resume() as string, coroutine.raise(new RangeError("raised")) as string);
coroutine.kill();
try {
  coroutine.resume();
} catch (error) {
  said.push(`${(error as Error).name}: ${(error as Error).message}`);
}
const killed = new Fiber(function* () {
  try {
    yield* Fiber.yield();
  } finally {
    yield* Fiber.yield("in finally");
  }
});
killed.resume();
killed.kill();

/** Tasks. */
const context = createContext<string>("none");
const controller = new AbortController();
await expectNoLeaks(() =>
  run({ name: "main", signal: controller.signal }, function* () {
    said.push(
      yield* moveOnAfter(
        2,
        function* () {
          yield* sleep(1e6);
          return "slept";
        },
        "moved on",
      ),
    );
    try {
      yield* failAfter(2, () => until((signal) => new Promise(() => void signal.aborted)));
    } catch (error) {
      said.push(nameOf(error), String(error instanceof TimeoutError));
    }
    const child = spawn("child", function* () {
      try {
        yield* sleep(Infinity);
      } catch (error) {
        said.push(nameOf(error), String(error instanceof Cancelled));
        throw error;
      }
    });
    yield* sleep(1);
    said.push(/child/.test(dump()) ? "dumped" : "not dumped");
    inspect(child);
    yield* child.cancel("enough");
    try {
      yield* scope(function* () {
        for (const text of ["a", "b"]) {
          spawn(function* () {
            try {
              yield* sleep(1);
            } finally {
              // oxlint-disable-next-line no-unsafe-finally -- both fail
              throw new Error(text);
            }
          });
        }
      });
    } catch (error) {
      said.push(nameOf(error));
    }
    let starts = 0;
    yield* moveOnAfter(5_000, () =>
      supervise([
        function* service() {
          if (++starts < 3) throw new Error("again");
        },
      ]),
    );
    said.push(`${starts} starts`);
    yield* scope(function* () {
      defer(function* () {
        yield* sleep(1);
        said.push("deferred");
      });
      yield* resource(
        function* () {
          yield* sleep(1);
          return "acquired";
        },
        function* (what) {
          said.push(what);
        },
      );
      said.push(context.get());
    });
    said.push(yield* suspend<string>((wake) => void setTimeout(wake, 1, "woken")));
  }),
);
try {
  runSync(() => suspend("nothing", () => {}) as never);
} catch (error) {
  said.push(nameOf(error), String(error instanceof DeadlockError && error instanceof FiberError));
}
await run({ host: new VirtualHost() }, () => sleep(1e9));
await simulate({ seed: 1, runs: 2 }, () => sleep(5));
console.log(said.join("\n"));
