/** `fibril-compile --watch`: what it compiles again, what it removes, and that an error does not end it. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { folderWith, PACKAGE } from "./support/folder.js";

const CLI = join(PACKAGE, "dist/cli.js");
const LIMIT = 20_000;
const NO_WINDOWS = { skip: process.platform === "win32" };

/** What a watch has printed since it was asked last. */
class Told {
  readonly child: ChildProcess;
  #text = "";
  #wake = (): void => {};

  constructor(child: ChildProcess) {
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#text += text;
        this.#wake();
      });
    }
  }

  /** Waits until it has printed all that, in any order, and returns what it has printed up to then. */
  async until(...patterns: RegExp[]): Promise<string> {
    const over = AbortSignal.timeout(LIMIT);
    while (!patterns.every((each) => each.test(this.#text))) {
      if (over.aborted)
        assert.fail(`it has not printed ${patterns.join(" and ")}, but ${this.#text}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        over.addEventListener("abort", () => resolve(), { once: true });
      });
    }
    const told = this.#text;
    this.#text = "";
    return told;
  }
}

type Body = (told: Told, at: (path: string) => string) => Promise<void>;

const watching = (files: Readonly<Record<string, string>>, body: Body): Promise<void> =>
  watchingIn(folderWith(files), body);

async function watchingIn(folder: string, body: Body): Promise<void> {
  const child = spawn(process.execPath, [CLI, "src", "-d", "out", "--watch"], { cwd: folder });
  const exited = once(child, "exit");
  try {
    await body(new Told(child), (path) => join(folder, path));
  } finally {
    child.kill("SIGKILL");
    await exited;
  }
}

test("only what changes is compiled again, also in a new folder and when an editor replaces the file", () =>
  watching(
    { "src/a.ts": "export const a: number = 1;\n", "src/b.ts": "export {};\n" },
    async (told, at) => {
      const first = await told.until(/watching src\n/);
      assert.match(first, /compiled src.a\.ts\n/);
      assert.match(first, /compiled src.b\.ts\n/);
      assert.match(readFileSync(at("out/a.js"), "utf8"), /^export const a = 1;/);

      writeFileSync(at("src/a.new"), "export const a: number = 2;\n");
      renameSync(at("src/a.new"), at("src/a.ts"));
      assert.doesNotMatch(await told.until(/compiled src.a\.ts\n/), /src.b\.ts/);
      assert.match(readFileSync(at("out/a.js"), "utf8"), /^export const a = 2;/);

      writeFileSync(at("src/a.ts"), "export const a: number = 3;\n");
      assert.doesNotMatch(await told.until(/compiled src.a\.ts\n/), /src.b\.ts/);
      assert.match(readFileSync(at("out/a.js"), "utf8"), /^export const a = 3;/);
      assert.ok(existsSync(at("out/a.js.map")));

      mkdirSync(at("src/deep"));
      writeFileSync(at("src/deep/c.mts"), "export let c: number;\n");
      assert.doesNotMatch(await told.until(/compiled src.deep.c\.mts\n/), /src.[ab]\.ts/);
      assert.match(readFileSync(at("out/deep/c.mjs"), "utf8"), /^export let c;/);
    },
  ));

test("a file that is written again as it was is not compiled again", () =>
  watching({ "src/a.js": "export {};\n", "src/b.js": "export {};\n" }, async (told, at) => {
    await told.until(/watching src\n/);
    writeFileSync(at("src/a.js"), "export {};\n");
    // By then the event of the other file, which was first, has come as well.
    writeFileSync(at("src/b.js"), "export { };\n");
    assert.doesNotMatch(await told.until(/compiled src.b\.js\n/), /src.a\.js/);
  }));

test("links are followed, but not in a circle, whether it watches or not", NO_WINDOWS, async () => {
  const folder = folderWith({ "src/a.ts": "export {};\n", "shared/b.ts": "export {};\n" });
  const links = [
    ["src", "src/again"],
    ["..", "src/up"],
    ["shared", "src/shared"],
    ["src", "shared/back"],
    ["shared/b.ts", "src/c.ts"],
    ["nowhere.ts", "src/d.ts"],
  ] as const;
  for (const [target, link] of links) symlinkSync(join(folder, target), join(folder, link));
  const outputs = (): string[] =>
    (readdirSync(join(folder, "out"), { recursive: true }) as string[])
      .filter((file) => file.endsWith(".js"))
      .toSorted();
  const once = spawnSync(process.execPath, [CLI, "src", "-d", "out"], {
    cwd: folder,
    encoding: "utf8",
    timeout: LIMIT,
  });
  assert.deepEqual([once.status, once.stderr], [0, ""]);
  assert.deepEqual(outputs(), ["a.js", "c.js", join("shared", "b.js")]);
  await watchingIn(folder, async (told) => {
    const said = await told.until(/watching src\n/);
    assert.deepEqual(said.match(/compiled \S+/g)?.toSorted(), [
      "compiled src/a.ts",
      "compiled src/c.ts",
      "compiled src/shared/b.ts",
    ]);
  });
});

test("the output of a source that was removed is removed", () =>
  watching({ "src/a.ts": "export let a: number;\n" }, async (told, at) => {
    await told.until(/watching src\n/);
    rmSync(at("src/a.ts"));
    await told.until(/removed out.a\.js\n/);
    assert.deepEqual([existsSync(at("out/a.js")), existsSync(at("out/a.js.map"))], [false, false]);
  }));

test("an error is printed with its place; the last output stays, and the watch goes on", () =>
  watching(
    { "src/a.ts": "export let a: number;\n", "src/b.ts": "let b: = 1;\n" },
    async (told, at) => {
      await told.until(/watching src\n/, /src.b\.ts:1:8: /);
      writeFileSync(at("src/a.ts"), "export let a: = 1;\n");
      await told.until(/src.a\.ts:1:15: /);
      assert.match(readFileSync(at("out/a.js"), "utf8"), /^export let a;/);
      writeFileSync(at("src/a.ts"), "export let a: string;\n");
      await told.until(/compiled src.a\.ts\n/);
    },
  ));

test("Ctrl-C ends it", NO_WINDOWS, () =>
  watching({ "src/a.js": "export {};\n" }, async (told) => {
    await told.until(/watching src\n/);
    const exited = once(told.child, "exit", { signal: AbortSignal.timeout(LIMIT) });
    told.child.kill("SIGINT");
    assert.deepEqual(await exited, [null, "SIGINT"]);
  }),
);

test("an output folder in the input is left out; one that is the input is refused", () => {
  const folder = folderWith({ "a.ts": "export let a: number;\n" });
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [CLI, ...args], { cwd: folder, encoding: "utf8", timeout: LIMIT });
  for (let n = 0; n < 2; n++) assert.equal(run(".", "-d", "out").status, 0);
  assert.deepEqual(
    [existsSync(join(folder, "out/a.js")), existsSync(join(folder, "out/out"))],
    [true, false],
  );
  const { status, stderr } = run("out", "-d", "./out", "--watch");
  assert.deepEqual(
    [status, stderr],
    [2, "fibril-compile: --watch would see its own output in out\n"],
  );
  assert.equal(run("out", "-d", "out").status, 0);
});
