/** Handlers under the servers that people run: node:http, Express, Fastify and Hono, each the real package. */
import assert from "node:assert/strict";
import http from "node:http";
import net from "node:net";
import { test } from "node:test";
import { serve as serveHono } from "@hono/node-server";
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import { type Cancelled, run, sleep, toAsync } from "fibril";
import { fetch, listener, readText, reply } from "@fibril/node";
import { holds, nothingLeft } from "./support/streams.ts";

/** What a handler does that waits, and says how it ended. */
function* work(path: string, log: string[]) {
  if (path.endsWith("/bad")) throw new Error("of the handler");
  try {
    yield* sleep(path.endsWith("/slow") ? 60_000 : 1);
  } catch (error) {
    log.push((error as Cancelled).name);
    throw error;
  }
  return `hello from ${path}`;
}

function checks(port: number, log: string[], cancels: boolean): Promise<void> {
  return run(function* () {
    const url = `http://127.0.0.1:${port}`;
    assert.equal(yield* readText(yield* fetch(`${url}/a`)), "hello from /a");
    assert.equal((yield* fetch(`${url}/bad`)).status, 500);
    if (!cancels) return;
    const socket = net.connect(port, "127.0.0.1");
    socket.write("GET /slow HTTP/1.1\r\nhost: x\r\n\r\n");
    yield* sleep(30);
    socket.destroy();
    yield* holds(() => log.includes("Cancelled"));
  });
}

const handler = (log: string[]) =>
  listener(function* (request) {
    return reply(yield* work(new URL(request.url).pathname, log));
  });

test("Express: a handler as a listener; its errors go to Express", async () => {
  const log: string[] = [];
  const app = express();
  app.get(/.*/, handler(log));
  app.use(((error, _request, response, _next) => {
    log.push((error as Error).message);
    response.status(500).end();
  }) as express.ErrorRequestHandler);
  const server = app.listen(0, "127.0.0.1");
  await new Promise((listens) => server.once("listening", listens));
  await checks((server.address() as net.AddressInfo).port, log, true);
  assert.deepEqual(log, ["of the handler", "Cancelled"]);
  server.close();
  server.closeAllConnections();
  await nothingLeft();
});

test("node:http: a handler as a listener", async () => {
  const log: string[] = [];
  const listen = handler(log);
  const server = http.createServer((incoming, outgoing) => {
    listen(incoming, outgoing, () => void outgoing.writeHead(500).end());
  });
  await new Promise<void>((listens) => server.listen(0, "127.0.0.1", listens));
  await checks((server.address() as net.AddressInfo).port, log, true);
  server.close();
  server.closeAllConnections();
  await nothingLeft();
});

test("Fastify: a routine as an async handler", async () => {
  const log: string[] = [];
  const app = fastify();
  const answer = toAsync(work);
  // oxlint-disable-next-line no-async-endpoint-handlers -- because this is no Express: Fastify awaits its handlers
  app.get("/*", async (request) => answer(request.url, log));
  await app.listen({ port: 0, host: "127.0.0.1" });
  await checks((app.server.address() as net.AddressInfo).port, log, false);
  app.server.closeAllConnections();
  await app.close();
  await nothingLeft();
});

test("Hono: a routine as an async handler, cancelled by the request's signal", async () => {
  const log: string[] = [];
  const answer = toAsync(work);
  const app = new Hono();
  app.onError((_error, context) => context.text("", 500));
  app.get("*", async (context) =>
    context.text(await answer(context.req.path, log, context.req.raw.signal)),
  );
  const server = serveHono({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" });
  await new Promise((listens) => server.once("listening", listens));
  await checks((server.address() as net.AddressInfo).port, log, true);
  server.close();
  (server as http.Server).closeAllConnections();
  await nothingLeft();
});
