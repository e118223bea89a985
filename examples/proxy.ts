/**
 * A reverse proxy that streams both ways, no faster than the slower side, and forgets a request when its client does.
 *
 *     node examples/build/proxy.js http://localhost:8080 8000
 */
import { exponential, main, retry } from "fibril";
import { fetch, HttpError, reply, serve } from "@fibril/node";

/** Headers that belong to one connection, and not to what goes through it. */
const OWN = ["connection", "keep-alive", "transfer-encoding", "upgrade", "host", "expect"];
const bare = (headers: Headers): Headers => {
  const copy = new Headers(headers);
  for (const name of OWN) copy.delete(name);
  return copy;
};

function* forward(origin: string, request: Request, address = "") {
  const { pathname, search } = new URL(request.url);
  const headers = bare(request.headers);
  headers.append("x-forwarded-for", address);
  const { method } = request;
  const hasBody = method !== "GET" && method !== "HEAD";
  const init = { method, headers, redirect: "manual" as const };
  const ask = () =>
    fetch(
      new URL(pathname + search, origin),
      hasBody ? { ...init, body: request.body, duplex: "half" } : init,
    );
  // A body can be sent once, so only a request without one may be tried again.
  const response = yield* hasBody ? ask() : retry(ask, exponential(50).attempts(3));
  const answer = bare(response.headers);
  // `fetch` has taken the encoding off already.
  answer.delete("content-encoding");
  answer.delete("content-length");
  return reply(response.body, { status: response.status, headers: answer });
}

const [, , origin = "", port = "0"] = process.argv;

await main(function* () {
  const options = { port: Number(port), host: "127.0.0.1", grace: 10_000 };
  const server = yield* serve(options, function* (request, { address }) {
    try {
      return yield* forward(origin, request, address);
    } catch (error) {
      if (error instanceof TypeError) throw new HttpError(502, "the origin does not answer");
      throw error;
    }
  });
  console.log(`listening at ${server.url}`);
});
