/**
 * Servers of one process take turns in short windows, and the load comes from another process, over connections that
 * stay open. Prints the processor time of a request or round trip, lower quartile of the windows, and its ratio to the
 * bare server's, which a busy machine disturbs less than requests a second.
 *
 *     node packages/lab/programs/net/turns.mjs http     bare node:http, async/await on it, Fibril, Fastify, Express
 *     node packages/lab/programs/net/turns.mjs echo     bare node:net, Fibril
 *
 * Further arguments: windows for each (20), milliseconds of a window (300), connections (50).
 */
import { fork } from "node:child_process";
import { on, once } from "node:events";
import http from "node:http";
import net from "node:net";
import { listen, reply, serve } from "@fibril/node";
import express from "express";
import fastify from "fastify";
import { run, until } from "fibril";

const [kind = "http", windows = "20", ms = "300", clients = "50"] = process.argv.slice(2);
const REQUEST = { http: "GET / HTTP/1.1\r\nhost: x\r\n\r\n", echo: "x".repeat(64) }[kind] ?? "";
const TYPE = "text/plain;charset=UTF-8";

if (kind === "client") await load();
else await run(measure);

function* measure() {
  const child = fork(process.argv[1], ["client"]);
  const ask = async (message) => {
    const answer = once(child, "message");
    child.send(message);
    return (await answer)[0];
  };
  const ports = kind === "http" ? yield* httpServers() : yield* echoServers();
  const used = {};
  for (const name in ports) {
    used[name] = [];
    yield* until(ask({ open: Number(clients), port: ports[name] }));
  }
  for (let window = 0; window < Number(windows); window++) {
    for (const name in ports) {
      const before = process.cpuUsage();
      const count = yield* until(ask({ port: ports[name], request: REQUEST, ms: Number(ms) }));
      const { user, system } = process.cpuUsage(before);
      // The first windows warm up.
      if (window >= Number(windows) / 5) used[name].push((user + system) / count);
    }
  }
  const bare = quartile(used.bare);
  for (const name in used) {
    const us = quartile(used[name]);
    console.log(`${name.padEnd(12)} ${us.toFixed(2)} µs   rate ${(bare / us).toFixed(3)} of bare`);
  }
  child.kill();
  process.exit();
}

function quartile(list) {
  return list.toSorted((a, b) => a - b)[list.length >> 2];
}

function* at(server) {
  yield* until(once(server.listen(0, "127.0.0.1"), "listening"));
  return server.address().port;
}

function hello(response) {
  response.writeHead(200, { "content-type": TYPE, "content-length": 5 });
  response.end("hello");
}

function* httpServers() {
  const quick = fastify();
  quick.get("/", (_request, response) => void response.header("content-type", TYPE).send("hello"));
  yield* until(quick.listen({ port: 0, host: "127.0.0.1" }));
  const slow = express();
  slow.get("/", (_request, response) => void response.type("text/plain").send("hello"));
  const fibers = yield* serve({ port: 0, host: "127.0.0.1" }, function* () {
    return reply("hello");
  });
  return {
    bare: yield* at(http.createServer((_request, response) => hello(response))),
    async: yield* at(
      http.createServer(async (_request, response) => {
        await Promise.resolve();
        hello(response);
      }),
    ),
    fibril: fibers.port,
    fastify: quick.server.address().port,
    express: yield* at(http.createServer(slow)),
  };
}

function* echoServers() {
  const bare = net.createServer({ noDelay: true }, (socket) => {
    socket.on("data", (chunk) => socket.write(chunk));
    socket.on("error", () => {});
  });
  const fibers = yield* listen({ port: 0, host: "127.0.0.1" }, function* (connection) {
    for (;;) {
      const chunk = yield* connection.read();
      if (chunk === undefined) return;
      yield* connection.write(chunk);
    }
  });
  return { bare: yield* at(bare), fibril: fibers.port };
}

/** The other process: each connection sends when it is answered, until the window is over. */
async function load() {
  const pools = new Map();
  for await (const [{ open, port, request, ms }] of on(process, "message")) {
    if (open !== undefined) {
      const pool = Array.from({ length: open }, () => net.connect({ port, noDelay: true }));
      for (const socket of pool) socket.on("data", () => socket.answered?.());
      await Promise.all(pool.map((socket) => once(socket, "connect")));
      pools.set(port, pool);
      process.send("open");
      continue;
    }
    let count = 0;
    const end = Date.now() + ms;
    await Promise.all(
      pools.get(port).map(
        (socket) =>
          new Promise((ends) => {
            socket.answered = () => {
              count++;
              if (Date.now() < end) socket.write(request);
              else ends();
            };
            socket.write(request);
          }),
      ),
    );
    process.send(count);
  }
}
