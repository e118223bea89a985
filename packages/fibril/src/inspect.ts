/**
 * `fibril/inspect`: where suspended fibers stand in the source.
 *
 * JavaScript has no way to ask a generator for its line. V8's debugger has one, and Node lets a program open
 * a session with its own debugger. A look-up costs some tenths of a millisecond per frame; switches cost
 * nothing extra.
 */
import { type Locator, setLocator } from "./core/index.js";

/** The part of `node:inspector` that is used, declared here because the package uses no host's types. */
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

/** The debugger can reach an object only through a global. The object is there during one look-up. */
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
    return false; // this inspector does not show where generators stand
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
    return undefined; // this runtime lists the module but has no inspector
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
