/** TLS: connections, HTTPS, certificates that are not trusted, and peers that speak no TLS. */
import assert from "node:assert/strict";
import https from "node:https";
import net from "node:net";
import { test } from "node:test";
import { run, scope, until } from "fibril";
import { connect, listen, reply, serve } from "@fibril/node";
import { cert, key } from "./support/certificate.ts";
import { all, caught, holds, nothingLeft } from "./support/streams.ts";

const HERE = { port: 0, host: "127.0.0.1", tls: { key, cert } } as const;

test("a client and a server over TLS, with half-close", async () => {
  await run(function* () {
    const server = yield* listen(HERE, function* (connection) {
      const lines = yield* all(connection.lines());
      yield* connection.write(`${lines.length} lines\n`);
    });
    yield* scope(function* () {
      const to = { port: server.port!, host: "localhost", tls: { ca: cert } };
      const client = yield* connect(to);
      yield* client.write("a\nb\n");
      yield* client.end();
      assert.deepEqual(yield* all(client.lines()), ["2 lines"]);
    });
    yield* server.close();
    assert.equal(server.stats().failed, 0);
  });
  await nothingLeft();
});

test("a certificate that is not trusted, and a peer that speaks no TLS: one clear error, nothing half-open", async () => {
  await run(function* () {
    const told: unknown[] = [];
    const onError = (error: unknown): void => void told.push((error as Error).name);
    const server = yield* listen({ ...HERE, onError }, (connection) => connection.read());
    const to = { port: server.port!, host: "localhost" };
    assert.match(yield* caught(() => connect({ ...to, tls: true })), /SELF_SIGNED/);
    const wrong = { ...to, tls: { ca: cert, servername: "elsewhere" } };
    assert.equal(yield* caught(() => connect(wrong)), "ERR_TLS_CERT_ALTNAME_INVALID");
    const plain = net.connect(server.port!, "127.0.0.1", () =>
      plain.write("GET / HTTP/1.1\r\n\r\n"),
    );
    plain.on("error", () => {}).resume();
    yield* until(new Promise<void>((closes) => plain.on("close", () => closes())));
    yield* holds(() => told.length > 0 && server.stats().connections === 0);
    const silent = net.connect(server.port!, "127.0.0.1");
    silent.on("error", () => {});
    yield* until(new Promise<void>((connects) => silent.once("connect", () => connects())));
    yield* server.close();
    yield* until(new Promise<void>((closes) => silent.resume().once("close", () => closes())));
  });
  await nothingLeft();
});

test("HTTPS", async () => {
  await run(function* () {
    // oxlint-disable-next-line require-yield -- it waits for nothing
    const server = yield* serve(HERE, function* (request) {
      return reply(request.url);
    });
    assert.match(server.url, /^https:/);
    const agent = new https.Agent({ ca: cert, keepAlive: true });
    const body = yield* until(
      new Promise<string>((answers, fails) => {
        const get = https.get(`${server.url}/a`, { agent }, (incoming) => {
          let text = "";
          incoming.setEncoding("utf8").on("data", (chunk: string) => void (text += chunk));
          incoming.on("end", () => answers(text));
        });
        get.on("error", fails);
      }),
    );
    assert.equal(body, `${server.url}/a`);
    agent.destroy();
    yield* server.close({ grace: 10_000 });
  });
  await nothingLeft();
});
