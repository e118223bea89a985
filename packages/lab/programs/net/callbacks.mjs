/** Servers on Node's own modules, with callbacks. */
import http from "node:http";
import net from "node:net";
import { measure } from "#lab/net/bench.js";
import { hello, listening } from "./support/hello.mjs";

await measure({
  http: () => listening(http.createServer((_request, response) => hello(response))),
  echo: () =>
    listening(
      net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
        socket.on("data", (chunk) => socket.write(chunk));
        socket.on("error", () => {});
      }),
    ),
});
