/** Each example as a program of its own, as a reader would run it. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { launch, withoutChromium } from "../support/chromium.ts";
import { start, startWith } from "../support/program.ts";
import { sample } from "../support/rows.ts";

const EXAMPLES = fileURLToPath(new URL("../../", import.meta.url));

/** Runs a program to its end; gives the numbers that it prints. */
async function numbers(t: TestContext, name: string, ...args: unknown[]) {
  const program = start(t, name, ...args);
  assert.equal(await program.ended, 0, program.text());
  return figures(program.text());
}

const figures = (text: string): Record<string, number> =>
  Object.fromEntries(
    [...text.matchAll(/(\w+): (-?[\d.]+)/g)].map(([, key, value]) => [key, Number(value)]),
  );

test("each example has fewer than 80 lines of code", () => {
  const names = readdirSync(EXAMPLES).filter((name) => name.endsWith(".ts"));
  assert.ok(names.length >= 8);
  for (const name of names) {
    const text = readFileSync(join(EXAMPLES, name), "utf8").replaceAll(
      /^\s*\/\*\*[^]*?\*\/$/gm,
      "",
    );
    const lines = text.split("\n").filter((line) => /\S/.test(line) && !/^\s*\/\//.test(line));
    assert.ok(lines.length < 80, `${name} has ${lines.length}`);
  }
});

test("the crawler finds every page, or says which have failed", async (t) => {
  const { failed, pages, requests, seen } = await numbers(t, "crawler");
  assert.equal(pages! + failed!, seen);
  assert.ok(pages! > 1 && requests! > pages!, "some were asked for again");
});

test("Ctrl-C ends the crawler, which tells what it has", async (t) => {
  // It answers one page with a thousand links, and those never.
  const links = Array.from({ length: 1_000 }, (_, id) => `<a href="/p/${id}">`).join("");
  let toldOf: () => void;
  const asked = new Promise<void>((resolve) => (toldOf = resolve));
  const site = http.createServer(({ url }, response) => {
    if (url === "/p/0") response.end(links);
    else toldOf();
  });
  await once(site.listen(0, "127.0.0.1"), "listening");
  t.after(() => site.close());
  const program = start(
    t,
    "crawler",
    `http://127.0.0.1:${(site.address() as net.AddressInfo).port}`,
  );
  await asked;
  program.child.kill("SIGINT");
  assert.equal(await program.ended, 130);
  assert.equal(figures(program.text())["pages"], 1, program.text());
});

test("the pipeline keeps the order, and asks about no more than 100 at a time", async (t) => {
  const input = sample(5_000);
  const output = join(tmpdir(), `fibril-pipeline-${process.pid}.jsonl`);
  t.after(() => [input, output].forEach((path) => rmSync(path, { force: true })));
  const { most, rows } = await numbers(t, "pipeline", input, output);
  assert.equal(rows, 5_000);
  assert.ok(most! <= 100);
  const written = readFileSync(output, "utf8").trimEnd().split("\n");
  const ids = written.map((line) => (JSON.parse(line) as { id: number }).id);
  assert.deepEqual(
    ids,
    Array.from({ length: 5_000 }, (_, id) => id),
  );
});

test("the hash over all cores is the hash, and only a few chunks are in memory", async (t) => {
  const program = start(t, "hash-job", 12, 2, 3);
  assert.equal(await program.ended, 0, program.text());
  const root = createHash("sha256");
  for (let chunk = 0; chunk < 12; chunk++) {
    let digest = "";
    const bytes = new Uint8Array(1_000_000).fill(chunk);
    for (let round = 0; round < 3; round++) {
      digest = createHash("sha256").update(digest).update(bytes).digest("hex");
    }
    root.update(digest);
  }
  assert.ok(program.text().includes(root.digest("hex")), program.text());
  const { chunks, most } = figures(program.text());
  assert.equal(chunks, 12);
  assert.ok(most! <= 9, `${most} at a time`);
});

/** Makes a program say when it listens to Ctrl-C, which simply ends it before. */
const TELLS = `process.on("newListener", (name) => name === "SIGINT" && console.error("it listens"));`;
const TELLING = ["--import", `data:text/javascript,${encodeURIComponent(TELLS)}`];

test("Ctrl-C ends the hash and its workers", async (t) => {
  const program = startWith(t, TELLING, "hash-job", 1_000_000, 2, 1);
  await program.says(/it listens/);
  // So that the workers have probably begun.
  await delay(300);
  program.child.kill("SIGINT");
  assert.equal(await program.ended, 130, program.text());
});

test("the client of the API gets every answer, by as many attempts as it takes", async (t) => {
  const { done, failed, requests } = await numbers(t, "api-client", 150);
  assert.deepEqual([done, failed], [150, 0]);
  assert.ok(requests! > 150);
});

test("workers that crash are started again, and every one cleans up", async (t) => {
  const program = start(t, "supervision", 1_500);
  assert.equal(await program.ended, 0, program.text());
  assert.match(program.text(), /stopped group 3 in \d+ ms; left of it: 0/);
  assert.match(program.text(), /restart of group 7: .*worker 7\.7 is bad/);
  const last = program.text().slice(program.text().lastIndexOf("{"));
  const { cleaned, groupRestarts, starts } = figures(last);
  assert.equal(cleaned, starts);
  assert.ok(starts! >= 100 && groupRestarts! >= 1, last);
  assert.match(last, /left 0/);
});

test("the bank has the same customers for the same seed", async (t) => {
  const first = await numbers(t, "bank", 10_000, 7);
  assert.equal(first["served"]! + first["reneged"]!, 10_000);
  assert.deepEqual(await numbers(t, "bank", 10_000, 7), first);
});

test("the chat room passes messages on, and throws out who does not read", async (t) => {
  const program = start(t, "chat", 0);
  const port = Number((await program.says(/up: \S+:(\d+)/))[1]);
  const join = async (nick: string) => {
    const socket = net.connect(port, "127.0.0.1").setEncoding("utf8");
    t.after(() => socket.destroy());
    const client = { socket, text: "" };
    socket.on("error", () => {});
    socket.on("data", (chunk: string) => void (client.text += chunk));
    socket.write(`JOIN room ${nick}\n`);
    while (!client.text.includes("* welcome")) await delay(5);
    return client;
  };
  const ada = await join("ada");
  const deaf = await join("deaf");
  deaf.socket.pause();
  ada.socket.write("MSG hello\n");
  const eve = await join("eve");
  eve.socket.write("MSG hello yourself\n");
  while (!ada.text.includes("eve: hello yourself")) await delay(5);
  assert.match(ada.text, /\* deaf joined\n/);
  const gone = once(ada.socket, "close");
  ada.socket.write("QUIT\n");
  await gone;
  assert.match(ada.text, /\* bye\n$/);
  // Until the socket's buffers are full, and then the outbox.
  const closed = once(deaf.socket, "close");
  const shout = `MSG ${"x".repeat(8_000)}\n`.repeat(100);
  // Each is waited for: what the system has taken, the server has read, but for the buffers between them.
  for (let n = 0; n < 60; n++) {
    await new Promise((written) => eve.socket.write(shout, written));
  }
  deaf.socket.resume();
  await closed;
  program.child.kill("SIGINT");
  assert.equal(await program.ended, 130);
  const { joined, left, slow } = figures(program.text());
  assert.deepEqual([joined, left, slow], [3, 1, 1]);
  assert.match(eve.text, /going down/);
});

test("the GraphQL server asks its database once for each level", async (t) => {
  const program = start(t, "graphql", 0);
  const port = Number((await program.says(/up: \S+:(\d+)/))[1]);
  const response = await fetch(`http://127.0.0.1:${port}/`, {
    method: "POST",
    body: JSON.stringify({ query: "{ books { title author { name books { title } } } }" }),
  });
  const { data } = (await response.json()) as { data: { books: { author: { books: [] } }[] } };
  assert.equal(data.books.length, 100);
  assert.equal(data.books[0]!.author.books.length, 10);
  // 100 books ask for their author, and 10 authors for their books.
  assert.equal(response.headers.get("x-database-queries"), "2");
  program.child.kill("SIGINT");
  assert.equal(await program.ended, 130);
});

test("the page can be typed in while 100,000 fibers run", { skip: withoutChromium }, async (t) => {
  const program = start(t, "page", 0);
  const address = (await program.says(/up: (\S+)/))[1]!;
  const browser = await launch();
  t.after(() => browser.close());
  const page = await browser.newPage();
  page.setDefaultTimeout(60_000);
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => errors.push(message.text()));
  await page.goto(address);
  const shows = async (id: string, pattern: RegExp): Promise<void> => {
    while (!pattern.test((await page.textContent(`#${id}`)) ?? "")) await delay(100);
  };
  await shows("fibers", /^100,000$/);
  await page.locator("#typing").pressSequentially("still here");
  assert.equal(await page.inputValue("#typing"), "still here");
  await shows("rate", /^\d+,\d+$/);
  await shows("frames", /^[1-9]/);
  if (process.env["FIBRIL_SCREENSHOT"]) {
    await page.screenshot({ path: process.env["FIBRIL_SCREENSHOT"] });
  }
  await page.click("#toggle");
  await shows("fibers", /^0$/);
  await page.click("#toggle");
  await shows("fibers", /^100,000$/);
  assert.deepEqual(errors, []);
  program.child.kill("SIGINT");
  assert.equal(await program.ended, 130);
});
