/** The site: some answers are errors, some connections break, some answers never come, some pages are missing. */
import http from "node:http";
import { chance, open, type Workload } from "../support/workload.ts";

const FILLER = "lorem ipsum ".repeat(150);

export async function load(scale: number): Promise<Workload> {
  const pages = Math.max(50, Math.round(5_000 * scale));
  const attempts = new Map<number, number>();
  const server = http.createServer((request, response) => {
    const page = Number(request.url!.slice(3));
    const attempt = (attempts.get(page) ?? 0) + 1;
    attempts.set(page, attempt);
    // From the third attempt on all is well, so what comes out is the same each time.
    const dice = attempt > 2 ? 1 : chance(page, attempt);
    if (dice < 0.005) return;
    if (dice < 0.015) return void request.socket.destroy();
    const answer = (): void => {
      if (page % 40 === 7) return void response.writeHead(404).end("no such page");
      if (dice < 0.1) return void response.writeHead(503).end("busy");
      const far = Array.from({ length: 8 }, (_, n) => Math.floor(chance(page, n + 100) * pages));
      const near = [2 * page + 1, 2 * page + 2, page + 1].filter((to) => to < pages);
      const links = [...near, ...far].map((to) => `<a href="/p/${to}">${to}</a>`);
      response.end(`<html>${links.join("\n")}${FILLER}</html>`);
    };
    setTimeout(answer, 2 + 8 * chance(page, attempt + 7));
  });
  const port = await open(server);
  return {
    // A small site is crawled by the tests, where the machine may be slow, and no page may time out.
    args: [`http://127.0.0.1:${port}`, scale < 0.1 ? 1_000 : 300],
    close: () => server.close().closeAllConnections(),
  };
}
