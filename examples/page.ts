/**
 * Serves a page in which 100,000 fibers run, and which can be typed in meanwhile.
 *
 *     node examples/build/page.js [port]
 */
import { readFile } from "node:fs/promises";
import http from "node:http";
import { fileURLToPath } from "node:url";
import { main, type Routine, supervised, until } from "fibril";
import { listen } from "./support/server.ts";

const FILES: Readonly<Record<string, readonly [type: string, url: string]>> = {
  "/": ["text/html", new URL("../page/index.html", import.meta.url).href],
  "/main.js": ["text/javascript", new URL("page/main.js", import.meta.url).href],
  "/fibril/index.js": ["text/javascript", import.meta.resolve("fibril")],
  "/fibril/fibril.js": [
    "text/javascript",
    new URL("fibril.js", import.meta.resolve("fibril")).href,
  ],
};

function* answer(request: http.IncomingMessage, response: http.ServerResponse): Routine {
  const file = FILES[request.url ?? ""];
  if (file === undefined) return void response.writeHead(404).end();
  const [type, url] = file;
  const body = yield* until((signal) => readFile(fileURLToPath(url), { signal }));
  response.writeHead(200, { "content-type": `${type}; charset=utf-8` }).end(body);
}

await main(function* server() {
  yield* supervised(function* (requests) {
    const server = http.createServer((request, response) => {
      requests.spawn(`GET ${request.url}`, answer, request, response);
    });
    yield* listen(server, Number(process.argv[2] ?? 8080));
  });
});
