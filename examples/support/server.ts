/** The servers that the examples talk to, when they are given no other. */
import http from "node:http";
import type { AddressInfo, Server } from "node:net";
import { defer, once, type Routine, sleep } from "fibril";

/** Opens a server until the innermost scope ends; results in its origin. */
function* open(server: Server, port: number): Routine<string> {
  defer(() => {
    server.close();
    if (server instanceof http.Server) server.closeAllConnections();
  });
  yield* once(server.listen(port, "127.0.0.1"), "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Serves for as long as the innermost scope lasts; results in the origin. */
export const serve = (handler: http.RequestListener): Routine<string> =>
  open(http.createServer(handler), 0);

/** Serves until it is cancelled, and says where. */
export function* listen(server: Server, port: number): Routine {
  console.log("up:", yield* open(server, port));
  yield* sleep(Infinity);
}

/** The other side is gone; the reader and the writer may both say so. */
export const isBroken = (error: unknown): boolean =>
  error instanceof AggregateError
    ? error.errors.every(isBroken)
    : /^(E[A-Z]+|ERR_STREAM\w*|broken)$/.test(String((error as { code?: unknown })?.code));

/** The same number from 0 to 1 for the same pair. */
function chance(a: number, b: number): number {
  let hash = Math.imul(a + 1, 0x9e3779b1) ^ Math.imul(b + 1, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 32;
}

/** A site of so many pages: some answers are errors, some connections break, some answers never come. */
export function site(pages: number): http.RequestListener {
  const attempts = new Map<number, number>();
  return (request, response) => {
    const page = Number(request.url?.slice(3));
    const attempt = (attempts.get(page) ?? 0) + 1;
    attempts.set(page, attempt);
    const dice = chance(page, attempt);
    if (dice < 0.02) return;
    if (dice < 0.03) return void request.socket.destroy();
    setTimeout(
      () => {
        if (dice < 0.13) return void response.writeHead(503).end();
        const links = [2 * page + 1, 2 * page + 2, Math.floor(chance(page, 99) * pages)];
        const anchors = links
          .filter((to) => to < pages)
          .map((to) => `<a href="/p/${to}">${to}</a>`);
        response.end(anchors.join("\n"));
      },
      5 + 20 * dice,
    );
  };
}

/** An API that allows so many requests a second, is slow now and then, and fails for a while. */
export function api(perSecond: number): http.RequestListener {
  let requests = 0;
  let downUntil = 0;
  let recent: number[] = [];
  return (request, response) => {
    const now = performance.now();
    const number = requests++;
    recent = recent.filter((at) => at > now - 1_000);
    if (recent.length >= perSecond) {
      return void response.writeHead(429, { "retry-after": "0.2" }).end();
    }
    recent.push(now);
    if (number === 60) downUntil = now + 400;
    if (now < downUntil) return void response.writeHead(503).end();
    const slow = chance(number, 7) < 0.05;
    setTimeout(() => response.end(JSON.stringify({ path: request.url })), slow ? 700 : 5);
  };
}
