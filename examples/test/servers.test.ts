/** The examples that serve, each as a program of its own, with real clients. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import { test, type TestContext } from "node:test";
import { promisify } from "node:util";
import { type Program, start } from "../support/program.ts";

const call = promisify(execFile);

/** Starts an example, and waits until it listens. */
async function listening(t: TestContext, name: string, ...args: string[]) {
  const program = start(t, name, ...args);
  const [, port] = await program.says(/listening at (?:port |.*:)(\d+)/);
  return { ...program, port: Number(port) };
}

async function stops({ child, ended }: Program): Promise<void> {
  child.kill("SIGINT");
  assert.equal(await ended, 130);
}

/** A client that waits for what it expects. */
function client(t: TestContext, port: number) {
  const socket = net.connect(port, "127.0.0.1").setEncoding("utf8");
  t.after(() => socket.destroy());
  let text = "";
  socket.on("data", (chunk: string) => void (text += chunk));
  const hears = async (pattern: RegExp): Promise<string> => {
    while (!pattern.test(text)) await once(socket, "data");
    const heard = text;
    text = "";
    return heard;
  };
  return { socket, hears };
}

test("the API answers, refuses, and finishes what it has begun when it is stopped", async (t) => {
  const program = await listening(t, "api-server");
  const url = `http://127.0.0.1:${program.port}/orders`;
  const post = (body: string) => fetch(url, { method: "POST", body });
  const made = await post('{"item":"tea","count":2}');
  assert.deepEqual([made.status, await made.json()], [201, { id: 1 }]);
  assert.deepEqual(await (await fetch(`${url}/1`)).json(), { item: "tea", count: 2 });
  assert.deepEqual([(await post("{")).status, (await post("{}")).status], [400, 400]);
  assert.equal((await post("x".repeat(20_000))).status, 413);
  assert.equal((await fetch(`${url}/7`)).status, 404);
  await stops(program);
});

test("the chat passes on what is said, and who leaves", async (t) => {
  const program = await listening(t, "chat-server");
  const ann = client(t, program.port);
  await ann.hears(/your name\? $/);
  ann.socket.write("ann\n");
  const bob = client(t, program.port);
  await bob.hears(/your name\? $/);
  bob.socket.write("bob\n");
  await ann.hears(/\*: bob has come\n/);
  ann.socket.write("hello\n");
  await bob.hears(/ann: hello\n/);
  bob.socket.end();
  await ann.hears(/\*: bob has left\n/);
  ann.socket.destroy();
  await stops(program);
});

test("the proxy streams, passes on what the origin says, and tells of an origin that is away", async (t) => {
  const origin = http.createServer((incoming, outgoing) => {
    outgoing.setHeader("x-seen", incoming.headers["x-forwarded-for"] ?? "");
    incoming.pipe(outgoing);
  });
  await once(origin.listen(0, "127.0.0.1"), "listening");
  const address = `http://127.0.0.1:${(origin.address() as net.AddressInfo).port}`;
  const program = await listening(t, "proxy", address);
  const url = `http://127.0.0.1:${program.port}/`;
  const body = "x".repeat(1_000_000);
  const answer = await fetch(url, { method: "POST", body });
  assert.equal(answer.headers.get("x-seen"), "127.0.0.1");
  assert.equal(await answer.text(), body);
  origin.close();
  origin.closeAllConnections();
  assert.equal((await fetch(url)).status, 502);
  await stops(program);
});

test("the cache speaks Redis' protocol", async (t) => {
  const program = await listening(t, "cache-server");
  const { socket, hears } = client(t, program.port);
  const ask = (...words: string[]): void => {
    const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
    socket.write(`*${words.length}\r\n${parts.join("")}`);
  };
  ask("SET", "tea", "grün");
  ask("GET", "tea");
  ask("GET", "coffee");
  ask("DEL", "tea", "coffee");
  ask("NO");
  const said = await hears(/-ERR.*\r\n$/);
  assert.equal(said, "+OK\r\n$5\r\ngrün\r\n$-1\r\n:1\r\n-ERR unknown command 'NO'\r\n");
  socket.destroy();
  await stops(program);
});

test("a real redis-cli talks to the cache", async (t) => {
  try {
    await call("redis-cli", ["--version"]);
  } catch {
    return t.skip("no redis-cli here");
  }
  const program = await listening(t, "cache-server");
  const cli = async (...words: string[]): Promise<string> =>
    (await call("redis-cli", ["-p", String(program.port), ...words])).stdout.trim();
  assert.equal(await cli("SET", "tea", "green", "PX", "60000"), "OK");
  assert.equal(await cli("GET", "tea"), "green");
  await stops(program);
});

test("a redis-benchmark keeps the cache busy, with sixteen commands at a time", async (t) => {
  try {
    await call("redis-benchmark", ["--version"]);
  } catch {
    return t.skip("no redis-benchmark here");
  }
  const program = await listening(t, "cache-server");
  const args = ["-p", String(program.port), "-t", "set,get", "-n", "4000", "-P", "16", "-q"];
  const { stdout } = await call("redis-benchmark", args);
  assert.match(stdout, /SET: [\d.]+ requests per second/);
  assert.match(stdout, /GET: [\d.]+ requests per second/);
  await stops(program);
});
