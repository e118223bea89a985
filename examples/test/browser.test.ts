/** A browser at a server: server-sent events and a WebSocket, until the page is closed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { run, scope, sleep, until } from "fibril";
import { readText, reply, replyEvents, serve } from "@fibril/node";
import { acceptWebSocket } from "@fibril/node/ws";
import { launch, withoutChromium } from "../support/chromium.ts";

const PAGE = "<!doctype html><title>a page</title>";

test(
  "a page hears events, talks by a WebSocket, and posts",
  { skip: withoutChromium },
  async () => {
    const ends: string[] = [];
    await run(function* () {
      const server = yield* serve({ port: 0, host: "127.0.0.1" }, function* (request) {
        const { pathname } = new URL(request.url);
        try {
          switch (pathname) {
            case "/events":
              return replyEvents(function* (events) {
                const last = Number(request.headers.get("last-event-id") ?? 0);
                try {
                  for (let id = last + 1; ; id++) {
                    yield* events.send({
                      id: `${id}`,
                      event: "tick",
                      data: `${id}\nof many`,
                      retry: 10,
                    });
                    // The browser connects again, and says what it has heard last.
                    if (last === 0 && id === 3) return;
                    yield* sleep(5);
                  }
                } finally {
                  ends.push("events");
                }
              });
            case "/socket": {
              const { incoming, outgoing } = yield* acceptWebSocket(request);
              yield* incoming.each((message) => outgoing.send(message));
              ends.push("socket");
              return undefined;
            }
            case "/post":
              return reply((yield* readText(request)).toUpperCase());
            default:
              return reply(PAGE, { headers: { "content-type": "text/html" } });
          }
        } catch (error) {
          ends.push(`${pathname}: ${(error as Error).name}`);
          throw error;
        }
      });
      const browser = yield* until(launch());
      try {
        yield* scope(function* () {
          const page = yield* until(browser.newPage());
          yield* until(page.goto(server.url));
          const heard = yield* until(
            page.evaluate(
              () =>
                new Promise<string[]>((resolve) => {
                  const all: string[] = [];
                  const source = new EventSource("/events");
                  source.addEventListener("tick", (event) => {
                    const { data, lastEventId } = event as MessageEvent;
                    all.push(`${lastEventId}: ${data}`);
                    if (all.length === 5) resolve(all);
                  });
                }),
            ),
          );
          assert.deepEqual(
            heard,
            [1, 2, 3, 4, 5].map((id) => `${id}: ${id}\nof many`),
          );
          const said = yield* until(
            page.evaluate(
              (at) =>
                new Promise<string[]>((resolve, reject) => {
                  const all: string[] = [];
                  const socket = new WebSocket(`${at}/socket`);
                  socket.binaryType = "arraybuffer";
                  socket.addEventListener("open", () => {
                    socket.send("grün");
                    socket.send(new Uint8Array([1, 2, 3]));
                    socket.send("x".repeat(200_000));
                  });
                  socket.addEventListener("message", ({ data }) => {
                    const bytes = data instanceof ArrayBuffer ? new Uint8Array(data).join() : data;
                    all.push(bytes.length > 100 ? `${bytes.length}` : bytes);
                    if (all.length === 3) resolve(all);
                  });
                  socket.addEventListener("error", () => reject(new Error("the socket failed")));
                }),
              server.url.replace("http", "ws"),
            ),
          );
          assert.deepEqual(said, ["grün", "1,2,3", "200000"]);
          const posted = yield* until(
            page.evaluate(async () => {
              const response = await fetch("/post", { method: "POST", body: "hello" });
              return response.text();
            }),
          );
          assert.equal(posted, "HELLO");
          // The page goes, and with it both of its connections.
          yield* until(page.close());
          for (let turns = 0; server.stats().running > 0 && turns < 5_000; turns++) yield* sleep(1);
          assert.equal(server.stats().running, 0);
          assert.ok(ends.includes("events"), String(ends));
          assert.ok(
            ends.some((end) => end.includes("socket")),
            String(ends),
          );
        });
      } finally {
        yield* until(browser.close());
      }
      yield* server.close({ grace: 0 });
    });
  },
);
