/** The host's `fetch`, as an op. */
import { type Op, routine, until } from "fibril";
import { checkValue } from "fibril/extend";
import { SETTINGS } from "../net/options.js";
import { held } from "../held.js";

type Fetches = (signal: AbortSignal) => Promise<Response>;

const fetched = routine("fetch", (what: string, begin: Fetches) =>
  held<Response>(
    (comes) =>
      until(what, async (signal) => {
        const response = await begin(signal);
        comes(response);
        return response;
      }),
    (response) => void response.body?.cancel().catch(() => {}),
  ),
) as (what: string, begin: Fetches) => Op<Response>;

/**
 * Fetches by the global `fetch`, which aborts when the wait is called off: `retry`, `failAfter`, `hedge` and the rest
 * apply to it as they are. The signal of a Request counts as well, and one in `init` in its place.
 *
 * Suspends until the headers have come; `readText`, `readJson`, `readBytes` and `bodyOf` read the body. A body that is
 * not read keeps its connection until it is collected. Throws what the global `fetch` rejects with (TypeError, with its
 * reason as the `cause`), and Cancelled. A status such as 404 is a Response.
 *
 * ```ts
 * import { failAfter, fixed, retry, run } from "fibril";
 * import { fetch, readText } from "@fibril/node";
 *
 * const text = await run(function* () {
 *   return yield* retry(function* () {
 *     return yield* failAfter(5_000, function* () {
 *       return yield* readText(yield* fetch("data:,hello"));
 *     });
 *   }, fixed(100));
 * });
 * text; // "hello"
 * ```
 */
export function fetch(input: string | URL | Request, init: RequestInit = {}): Op<Response> {
  checkValue("the init of fetch", init, SETTINGS);
  const what =
    input instanceof Request
      ? `${input.method} ${input.url}`
      : `${init.method ?? "GET"} ${String(input)}`;
  return fetched(what, (signal) => {
    const own = input instanceof Request ? input.signal : undefined;
    const given = (init.signal === undefined ? own : init.signal) ?? undefined;
    const both = given === undefined ? signal : AbortSignal.any([signal, given]);
    return globalThis.fetch(input, { ...init, signal: both });
  });
}
