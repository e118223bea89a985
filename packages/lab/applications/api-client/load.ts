/** An API that allows so many requests a second, is slow now and then, and fails for a while. */
import http from "node:http";
import { chance, open, type Workload } from "../support/workload.ts";

export async function load(scale: number): Promise<Workload> {
  const jobs = Math.round(6_000 * scale);
  const rate = scale < 0.1 ? 300 : 1_500;
  let requests = 0;
  let downUntil = 0;
  let recent: number[] = [];
  const server = http.createServer((request, response) => {
    const now = performance.now();
    const number = requests++;
    while (recent.length > 0 && recent[0]! < now - 1_000) recent.shift();
    if (recent.length >= 1.15 * rate) {
      return void response.writeHead(429, { "retry-after": "0.2" }).end();
    }
    recent.push(now);
    // An outage lasts a time: a number of requests would take the last job alone for ever.
    if (number === 60) downUntil = now + 400;
    if (now < downUntil) return void response.writeHead(503).end();
    const slow = chance(number, 7) < 0.05;
    const id = Number(request.url!.slice("/item/".length));
    setTimeout(() => response.end(JSON.stringify({ id })), slow ? 700 : 5);
  });
  const port = await open(server);
  return {
    args: [`http://127.0.0.1:${port}`, jobs, rate],
    close: () => server.close().closeAllConnections(),
  };
}
