/**
 * A server that closes under load: each request that reached it is answered, once. FIBRIL_SHUTDOWN_CLIENTS sets how many
 * clients there are.
 */
import assert from "node:assert/strict";
import net from "node:net";
import { test } from "node:test";
import { run, sleep, spawn, until } from "fibril";
import { readText, reply, serve } from "@fibril/node";
import { holds, nothingLeft } from "./support/streams.ts";

const CLIENTS = Number(process.env["FIBRIL_SHUTDOWN_CLIENTS"] ?? 300);

interface Tally {
  answered: number;
  /** Requests that were sent on an open connection and got no answer. */
  lost: number;
  /** Answers to something else than was asked. */
  wrong: number;
}

/** Asks again and again on one connection, until an answer says that it is the last one. */
function client(port: number, id: number, tally: Tally): Promise<void> {
  return new Promise((ends) => {
    let [n, answer, waiting] = [0, "", false];
    const socket = net.connect(port, "127.0.0.1");
    const ask = (): void => {
      waiting = true;
      const body = `${id}/${n}`;
      socket.write(`POST / HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    };
    socket.on("connect", ask);
    socket.setEncoding("latin1").on("data", (text: string) => {
      answer += text;
      const split = answer.indexOf("\r\n\r\n");
      const length = /content-length: (\d+)/i.exec(answer)?.[1];
      if (split < 0 || length === undefined || answer.length < split + 4 + Number(length)) return;
      waiting = false;
      tally.answered++;
      if (answer.slice(split + 4) !== `${id}/${n}`) tally.wrong++;
      const last = /connection: close/i.test(answer);
      answer = "";
      n++;
      if (last) socket.end();
      else ask();
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      if (waiting) tally.lost++;
      ends();
    });
  });
}

test(`${CLIENTS} clients ask all the while: no request is lost, and none is answered twice`, async () => {
  const tally: Tally = { answered: 0, lost: 0, wrong: 0 };
  const seen = new Map<string, number>();
  await run(function* () {
    const server = yield* serve({ port: 0, host: "127.0.0.1" }, function* (request) {
      const text = yield* readText(request);
      seen.set(text, (seen.get(text) ?? 0) + 1);
      yield* sleep(text.length % 3);
      return reply(text);
    });
    const clients = Array.from({ length: CLIENTS }, (_, id) => client(server.port!, id, tally));
    const all = spawn(() => until(Promise.all(clients)));
    yield* holds(() => tally.answered > 2 * CLIENTS);
    yield* server.close({ grace: 60_000 });
    yield* all;
    assert.equal(server.stats().requests, tally.answered);
  });
  assert.deepEqual({ ...tally, answered: 0 }, { answered: 0, lost: 0, wrong: 0 });
  assert.equal(seen.size, tally.answered);
  assert.ok(
    [...seen.values()].every((count) => count === 1),
    "each was handled once",
  );
  await nothingLeft();
});
