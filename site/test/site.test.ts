/** The site as a visitor's browser shows it, and the programs of its playground. `npm run site` builds it first. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { delimiter, extname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";

const SITE = fileURLToPath(new URL("../../", import.meta.url));
const DIST = join(SITE, "dist");
const EXAMPLES = join(SITE, "playground/examples");

/** FIBRIL_CHROMIUM names one; otherwise it is the first in the path. */
const CHROMIUM =
  process.env["FIBRIL_CHROMIUM"] ??
  (process.env["PATH"] ?? "")
    .split(delimiter)
    .flatMap((folder) => ["chromium", "google-chrome"].map((name) => join(folder, name)))
    .find((path) => existsSync(path));
const withoutSite = !existsSync(join(DIST, "index.html")) && "the site was not built: npm run site";
const skip = withoutSite || (CHROMIUM === undefined && "no Chromium here");

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".woff2": "font/woff2",
  ".svg": "image/svg+xml",
};

/** Serves the site as hosts of static pages do: `/api/` is `api/index.html`, and `/playground` is `playground.html`. */
const server = http.createServer(({ url = "/" }, response) => {
  const path = join(DIST, decodeURIComponent(new URL(url, "http://site").pathname));
  const file = [path, `${path}.html`, join(path, "index.html")].find(
    (one) => existsSync(one) && statSync(one).isFile(),
  );
  if (file === undefined) return void response.writeHead(404).end();
  response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "text/plain" });
  response.end(readFileSync(file));
});

let browser: Browser;
let origin: string;

before(async () => {
  if (skip !== false) return;
  await new Promise<void>((listening) => void server.listen(0, "127.0.0.1", listening));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  browser = await chromium.launch({ executablePath: CHROMIUM as string, args: ["--no-sandbox"] });
});
after(async () => {
  await browser?.close();
  server.close();
});

interface Visit {
  readonly page: Page;
  /** What the page has complained about. */
  readonly errors: string[];
}

async function visit(path: string, width: number = 1280): Promise<Visit> {
  const page = await browser.newPage({ viewport: { width, height: 800 } });
  const errors: string[] = [];
  page.on("pageerror", (error) => void errors.push(String(error)));
  page.on("response", (response) => {
    if (response.status() >= 400) errors.push(`${response.status()} ${response.url()}`);
  });
  await page.goto(origin + path, { waitUntil: "networkidle" });
  return { page, errors };
}

const PATHS = [
  "/",
  "/guides/channels",
  "/performance",
  "/api/",
  "/api/channels/channel",
  "/playground",
];

for (const path of PATHS) {
  for (const width of [1280, 375]) {
    test(`${path} fits ${width} pixels and has no errors`, { skip }, async () => {
      const { page, errors } = await visit(path, width);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= width, `it is ${wide} pixels wide`);
      assert.match(await page.locator("h1").first().innerText(), /\w/);
      assert.deepEqual(errors, []);
      await page.close();
    });
  }
}

test("the search finds a name of the reference, and goes to it", { skip }, async () => {
  const { page } = await visit("/");
  await page.keyboard.press("Control+k");
  await page.locator("#localsearch-input").fill("Channel.conflated");
  const found = page.locator(".VPLocalSearchBox .result").first();
  await found.click();
  await page.waitForURL(/\/api\/channels\/channel/);
  await page.close();
});

/** An example without the comment at its end, and what the comment says that it prints. */
function example(name: string): { id: string; prints: string } {
  const [, prints = ""] = readFileSync(join(EXAMPLES, name), "utf8").split("\n// Prints:\n");
  return {
    id: name.replace(/^\d+-|\.ts$/g, ""),
    prints: prints.trimEnd().replaceAll(/^\/\/ /gm, ""),
  };
}

const examples = readdirSync(EXAMPLES).toSorted();

test("there are examples, and each says what it prints", () => {
  assert.ok(examples.length >= 5);
  for (const name of examples) assert.notEqual(example(name).prints, "", name);
});

for (const name of examples) {
  const { id, prints } = example(name);

  test(`${name} prints in Node what it says`, () => {
    const file = join(SITE, "build/playground/examples", name.replace(/ts$/, "js"));
    assert.equal(execFileSync(process.execPath, [file], { encoding: "utf8" }).trimEnd(), prints);
  });

  test(`${name} prints the same in the playground, and ends`, { skip }, async () => {
    const { page, errors } = await visit(`/playground#${id}`);
    await page.locator(".playground .run").click();
    // The page shows that it runs a moment after the click: so its first line is waited for.
    await page.locator(".output > :is(.log, .error)").first().waitFor();
    await page.locator(".playground .stop:disabled").waitFor();
    assert.equal(await output(page), prints);
    assert.deepEqual(errors, []);
    await page.close();
  });
}

async function output(page: Page): Promise<string> {
  const lines = await page.locator(".playground .output > :is(.log, .error)").allInnerTexts();
  return lines.join("\n");
}

/** Opens the playground with a program of its own. */
async function program(text: string): Promise<Page> {
  const { page } = await visit("/playground");
  await page.locator(".cm-content").fill(text);
  await page.locator(".playground .run").click();
  return page;
}

test("an endless loop in the playground can be stopped", { skip }, async () => {
  const page = await program('console.log("begins");\nfor (;;) {}');
  await page.locator(".output .log").waitFor();
  await page.locator(".playground .stop").click();
  await page.locator(".playground .run:enabled").waitFor();
  assert.equal(await output(page), "begins");
  await page.close();
});

test("the playground shows errors with their line", { skip }, async () => {
  const page = await program('const n: number = 1;\n\nthrow new RangeError("out of " + n);');
  await page.locator(".output .error").waitFor();
  assert.equal(await output(page), "RangeError: out of 1 (line 3)");
  await page.close();
});

test("the playground shows what fibers wait for", { skip }, async () => {
  const page = await program(
    'import { run, sleep } from "fibril";\nrun(function* slow() { yield* sleep(60_000); });',
  );
  await page.locator('[role="tab"]', { hasText: "Fibers" }).click();
  await page.locator(".fibers", { hasText: "sleep(60000 ms)" }).waitFor();
  await page.close();
});
