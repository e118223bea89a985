/** An async function for each request, on node:http. */
import http from "node:http";
import { measure } from "#lab/net/bench.js";
import { hello, listening } from "./support/hello.mjs";

await measure({
  http: () =>
    listening(
      http.createServer(async (_request, response) => {
        await Promise.resolve();
        hello(response);
      }),
    ),
});
