/**
 * `fibril/inspect`: where suspended fibers stand in the source.
 *
 * JavaScript has no way to ask a generator for its line; the debugger of V8 has one, and Node lets a
 * program open a session with its own debugger. A look-up costs some tenths of a millisecond a
 * frame, a switch nothing.
 */
import { type Locator, setLocator } from "./core/index.js";

/** As much of `node:inspector` as is used; the package needs no types of any host. */
interface Session {
  connect(): void;
  disconnect(): void;
  on(event: string, listener: (message: { params: ScriptParsed }) => void): void;
  post(method: string, params: object, callback: (error: unknown, result: never) => void): void;
}
interface ScriptParsed {
  readonly scriptId: string;
  readonly url: string;
}
interface Location {
  readonly scriptId: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}
interface Properties {
  readonly internalProperties?: readonly { name: string; value?: { value?: Location } }[];
}

/** The only way to name an object to the debugger is a global; it stands there during one look-up. */
const LOCATED: symbol = Symbol.for("fibril.located");
const EXPRESSION = `globalThis[Symbol.for("fibril.located")]`;

let session: Session | undefined;

/**
 * Adds `file:line:column` to the frames of `fiber.backtrace()`, or stops adding it. Returns whether
 * the host can: Node can, browsers cannot.
 *
 * While it is on, the process has a debugger session with itself, which slows compilation a little.
 *
 * ```ts
 * const fiber = new Fiber(function* serve() {
 *   yield* Fiber.yield();
 * });
 * fiber.resume();
 * sourcePositions(true);
 * console.log(fiber.backtrace()); // such as ["serve (file:///app/server.js:12:17)"]
 * ```
 */
export function sourcePositions(on: boolean): boolean {
  session?.disconnect();
  session = undefined;
  setLocator(undefined);
  if (!on) return true;
  session = openSession();
  if (session === undefined) return false;
  const locate = locatorOf(session);
  const probe = (function* () {})();
  if (locate(probe) === undefined) {
    session.disconnect();
    session = undefined;
    return false; // an inspector that does not show where generators stand
  }
  setLocator(locate);
  return true;
}

function openSession(): Session | undefined {
  const host = globalThis as {
    process?: { getBuiltinModule?: (name: string) => { Session?: new () => Session } | undefined };
  };
  try {
    const Session = host.process?.getBuiltinModule?.("node:inspector")?.Session;
    if (Session === undefined) return undefined;
    const opened = new Session();
    opened.connect();
    return opened;
  } catch {
    return undefined; // a runtime that lists the module but has no inspector
  }
}

function locatorOf(debuggee: Session): Locator {
  const urls = new Map<string, string>();
  debuggee.on("Debugger.scriptParsed", ({ params }) => urls.set(params.scriptId, params.url));
  debuggee.post("Debugger.enable", {}, ignore);
  return (generator) => {
    const global = globalThis as Record<symbol, unknown>;
    global[LOCATED] = generator;
    let location: Location | undefined;
    debuggee.post("Runtime.evaluate", { expression: EXPRESSION }, (_error, answer) => {
      const objectId = (answer as { result?: { objectId?: string } } | undefined)?.result?.objectId;
      if (objectId === undefined) return;
      debuggee.post("Runtime.getProperties", { objectId, ownProperties: true }, (_, properties) => {
        location = (properties as Properties | undefined)?.internalProperties?.find(
          (property) => property.name === "[[GeneratorLocation]]",
        )?.value?.value;
      });
      debuggee.post("Runtime.releaseObject", { objectId }, ignore);
    });
    delete global[LOCATED];
    if (location === undefined) return undefined;
    const url = urls.get(location.scriptId) ?? `script ${location.scriptId}`;
    return `${url}:${location.lineNumber + 1}:${location.columnNumber + 1}`;
  };
}

function ignore(): void {}
