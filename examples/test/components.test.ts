/**
 * The components of docs/guides/interop.md, in a browser. Their code is the guide's own. Each is mounted, unmounted
 * and mounted again: the fibers of the first have ended by then, and their clean-up has run.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test, type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import type { Browser, Page } from "playwright-core";
import { compile } from "svelte/compiler";
import { launch, withoutChromium } from "../support/chromium.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const GUIDE = join(ROOT, "docs/guides/interop.md");
// In the checkout, so that the packages are found by their names.
mkdirSync(join(ROOT, "examples/build"), { recursive: true });
const FOLDER = mkdtempSync(join(ROOT, "examples/build/components-"));
after(() => rmSync(FOLDER, { recursive: true, force: true }));

/** The snippets that are files, as in `// clock.tsx`. */
const FILES = new Map(
  [
    ...readFileSync(GUIDE, "utf8").matchAll(
      /^```(?:tsx?|svelte)\n((?:\/\/|<!--) ([\w-]+\.\w+)(?: -->)?\n[^]*?)^```$/gm,
    ),
  ].map(([, code, name]) => [name as string, code as string]),
);
for (const [name, code] of FILES) writeFileSync(join(FOLDER, name), code);

/** What the page adds: it mounts the component that its address names, and takes it away again. */
const HARNESS = `
import { dump, sleep } from "fibril";
let unmount;
const props = {
  every: 20,
  *request() {
    yield* sleep(globalThis.stalls ? Infinity : 1);
  },
};
Object.assign(globalThis, {
  show(name) { unmount = mount(name, document.body); },
  hide() { unmount(); },
  fibers: dump,
});
`;
const MOUNTS: Readonly<Record<string, string>> = {
  react: `
import { createElement, StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Clock } from "./clock.tsx";
import { Saver } from "./saver.tsx";
function mount(name, target) {
  const root = createRoot(target.appendChild(document.createElement("main")));
  const component = createElement(name === "clock" ? Clock : Saver, props);
  root.render(createElement(StrictMode, null, component));
  return () => root.unmount();
}`,
  svelte: `
import { flushSync, mount as begin, unmount as end } from "svelte";
import Clock from "./Clock.svelte";
import Saver from "./Saver.svelte";
function mount(name, target) {
  const component = begin(name === "clock" ? Clock : Saver, { target, props });
  flushSync();
  return () => end(component);
}`,
};

const svelte: Plugin = {
  name: "svelte",
  setup(builder) {
    builder.onLoad({ filter: /\.svelte$/ }, ({ path }) => {
      const source = readFileSync(path, "utf8");
      return { contents: compile(source, { filename: path, generate: "client" }).js.code };
    });
  },
};

async function bundle(framework: string): Promise<string> {
  const entry = join(FOLDER, `${framework}-page.js`);
  writeFileSync(entry, `${HARNESS}${MOUNTS[framework]}`);
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    jsx: "automatic",
    define: { "process.env.NODE_ENV": '"development"' },
    plugins: [svelte],
  });
  return outputFiles[0]!.text;
}

let browser: Promise<Browser> | undefined;
after(async () => (await browser)?.close());

interface Shown {
  readonly page: Page;
  readonly said: string[];
  readonly errors: string[];
}

async function open(t: TestContext, framework: string): Promise<Shown> {
  browser ??= launch();
  const page = await (await browser).newPage();
  t.after(() => page.close());
  const said: string[] = [];
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "log") said.push(message.text());
    else if (message.type() === "error") errors.push(message.text());
  });
  await page.setContent("<!doctype html><body></body>");
  await page.addScriptTag({ content: await bundle(framework), type: "module" });
  await until("the page has begun", async () => (await call(page, "typeof show")) === "function");
  return { page, said, errors };
}

const call = (page: Page, code: string): Promise<unknown> => page.evaluate(code);
/** All that live: an ended fiber is not in it. */
const fibers = async (page: Page): Promise<string> => String(await call(page, "fibers()"));

async function until(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  for (let tries = 0; !(await holds()); tries++) {
    assert.ok(tries < 3_000, what);
    await delay(20);
  }
}

test("the guide's components compile as TypeScript", () => {
  assert.deepEqual([...FILES.keys()].toSorted(), [
    "Clock.svelte",
    "Saver.svelte",
    "clock.tsx",
    "component-scope.ts",
    "saver.tsx",
    "while-mounted.ts",
  ]);
  const compilerOptions = {
    allowImportingTsExtensions: true,
    composite: false,
    declaration: false,
    declarationMap: false,
    isolatedDeclarations: false,
    jsx: "react-jsx",
    lib: ["es2023", "esnext.disposable", "dom"],
    noEmit: true,
    skipLibCheck: true,
    types: [],
  };
  const config = {
    extends: join(ROOT, "tsconfig.base.json"),
    compilerOptions,
    include: ["*.ts", "*.tsx"],
  };
  writeFileSync(join(FOLDER, "tsconfig.json"), JSON.stringify(config));
  try {
    execFileSync(join(ROOT, "node_modules/.bin/tsc"), ["-p", FOLDER], { encoding: "utf8" });
  } catch (error) {
    assert.fail((error as { stdout: string }).stdout);
  }
});

for (const framework of Object.keys(MOUNTS)) {
  // During development, StrictMode mounts twice and takes the first away at once.
  const extra = framework === "react" ? 1 : 0;
  const options = { skip: withoutChromium };

  test(`${framework}: a routine lives as long as its component`, options, async (t) => {
    const { errors, page, said } = await open(t, framework);
    const ticks = async () => Number(await page.textContent("output"));
    for (let mounts = 1; mounts <= 2; mounts++) {
      await call(page, `show("clock")`);
      await until("the clock goes", async () => (await ticks()) >= 2);
      assert.equal(said.length, mounts * extra + mounts - 1, "this one has not stopped");
      assert.match(await fibers(page), /sleep/);
      await call(page, "hide()");
      await until("it has stopped", () => said.length === mounts * extra + mounts);
      assert.doesNotMatch(await fibers(page), /sleep/, "no fiber is left");
      assert.equal(await page.locator("output").count(), 0);
    }
    assert.ok(
      said.every((line) => line === "the clock has stopped"),
      said.join(),
    );
    assert.deepEqual(errors, []);
  });

  test(`${framework}: the fibers of its handlers end with a component`, options, async (t) => {
    const { errors, page, said } = await open(t, framework);
    await call(page, `show("saver")`);
    await page.click("button");
    await page.click("button");
    await until("both are saved", async () => (await page.textContent("button")) === "saved 2");
    assert.equal(said.length, 2);
    await call(page, "stalls = true");
    await page.click("button");
    assert.match(await fibers(page), /save/);
    await call(page, "hide()");
    await until("the third has ended", () => said.length === 3);
    assert.doesNotMatch(await fibers(page), /save/, "no fiber is left");
    await call(page, "stalls = false");
    await call(page, `show("saver")`);
    await until("it is there again", async () => (await page.locator("button").count()) === 1);
    assert.equal(await page.textContent("button"), "saved 0");
    await page.click("button");
    await until("it saves again", async () => (await page.textContent("button")) === "saved 1");
    await call(page, "hide()");
    assert.equal(said.length, 4);
    assert.deepEqual(errors, []);
  });
}
