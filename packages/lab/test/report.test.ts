/** `fibril-lab report` from outside, and the page as text: self-contained, escaped, complete. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { toHtml } from "#lab/report/page.js";
import { readStored, type Stored } from "#lab/runs/store.js";
import { SCALE } from "./support-runs.js";
import { lab } from "./support.js";

const scratch = (): Promise<string> => mkdtemp(join(tmpdir(), "fibril-lab-"));

test("a page of a stored run: one file, with everything in it", async () => {
  const out = join(await scratch(), "page.html");
  const { code, stdout, stderr } = await lab(["report", SCALE, "--out", out]);
  assert.deepEqual([code, stdout], [0, ""], stderr);
  assert.match(stderr, /^written: .*page\.html\n$/);
  const page = await readFile(out, "utf8");
  const markup = page.replaceAll(/<script[^>]*>[^]*?<\/script>|<style>[^]*?<\/style>/g, "");
  assert.doesNotMatch(markup, /<(?:script|link|img|iframe)[^>]*(?:src|href)=(?!"data:)/);
  assert.doesNotMatch(page, /\{\{\w+\}\}/);
  assert.doesNotMatch(page, /url\((?!["']?(?:data:|#))/);
  const { machine, command, date } = readStored(SCALE);
  for (const said of [machine.cpu, machine.system, machine.node, date, command]) {
    assert.ok(markup.includes(said), said);
  }
  for (const version of Object.values(machine.versions)) assert.ok(markup.includes(version));
});

test("a measuring command writes the same page by itself, create with its flame graph", async () => {
  const out = join(await scratch(), "create.html");
  const args = ["create", "--runtime", "fibril", "--fibers", "20000", "--repeats", "1"];
  const env = { FIBRIL_PERF: "/nonexistent/perf" };
  const { code, stdout, stderr } = await lab([...args, "--out", out], env);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^fibers +runtime/m);
  const page = await readFile(out, "utf8");
  assert.match(page, /^<!doctype html>/i);
  assert.ok(page.includes(`<code>fibril-lab ${args.join(" ")} --out ${out}</code>`));
  assert.ok(page.includes(`{"kind":"flame","id":"flame"`));
});

test("create prints where its flame graph is, which replaces the last one", async () => {
  const folder = await scratch();
  const env = { FIBRIL_PERF: "/nonexistent/perf", XDG_CACHE_HOME: folder };
  const args = ["create", "--runtime", "fibril", "--fibers", "20000", "--repeats", "1"];
  for (let times = 0; times < 2; times++) {
    const { code, stderr } = await lab(args, env);
    assert.equal(code, 0, stderr);
    const [, path = ""] = /^flame graph and pictures: (.*)$/m.exec(stderr) ?? [];
    assert.equal(path, join(folder, "fibril-lab", "create.html"));
    assert.ok((await readFile(path, "utf8")).includes(`{"kind":"flame","id":"flame"`));
  }
  assert.deepEqual(await readdir(join(folder, "fibril-lab")), ["create.html"]);
  // A user who asks for a format gets only that.
  const csv = await lab([...args, "--format", "csv"], env);
  assert.doesNotMatch(csv.stderr, /flame graph/);
});

test("a folder gets the page and what it was made from", async () => {
  const out = join(await scratch(), "report");
  const { code } = await lab(["report", SCALE, "--out", out]);
  assert.equal(code, 0);
  assert.deepEqual((await readdir(out)).toSorted(), ["index.html", "report.csv", "report.json"]);
  assert.deepEqual(readStored(join(out, "report.json")), readStored(SCALE));
});

test("the machines and commands of several runs are all shown", async () => {
  const folder = await scratch();
  const other = { ...readStored(SCALE), command: "fibril-lab scale --quick", results: [] };
  const path = join(folder, "other.json");
  await writeFile(path, JSON.stringify(other));
  const out = join(folder, "report");
  const { code } = await lab(["report", SCALE, path, "--out", out]);
  assert.equal(code, 0);
  assert.deepEqual(await readdir(out), ["index.html"]);
  const page = await readFile(join(out, "index.html"), "utf8");
  assert.ok(page.includes("fibril-lab scale --quick"));
  assert.ok(page.includes(`<code>${readStored(SCALE).command}</code>`));
});

test("--format plot draws the same in the terminal", async () => {
  const { code, stdout } = await lab(["report", SCALE, "--format", "plot"], {
    COLUMNS: "70",
    LC_ALL: "C",
  });
  assert.equal(code, 0);
  assert.match(stdout, /^Resume and yield, fibers that have started/m);
  assert.match(stdout, /R Ruby fibers X stopped at 31,744/);
  // eslint-disable-next-line no-control-regex
  assert.doesNotMatch(stdout, /\u001b/);
});

test("--format plot of a measurement comes with its machine", async () => {
  const args = ["scale", "--runtime", "fibril,generator", "--fibers", "10,1000"];
  const { code, stdout } = await lab([...args, "--count", "1000", "--format", "plot"]);
  assert.equal(code, 0);
  assert.match(stdout, /Node v\d+/);
  assert.match(stdout, /F Fibril +g Bare generators/);
});

test("a profile of one's own becomes a flame graph", async () => {
  const folder = await scratch();
  const path = join(folder, "stacks.txt");
  await writeFile(path, "main;fiber_switch;do_user_addr_fault_[k] 90\nmain 10\n");
  const out = join(folder, "page.html");
  const { code } = await lab(["report", SCALE, "--profile", `ruby=${path}`, "--out", out]);
  assert.equal(code, 0);
  const page = await readFile(out, "utf8");
  assert.match(page, /<h3[^>]*>Ruby fibers: create, seen by perf<\/h3>/);
  assert.match(page, /<th scope="row">do_user_addr_fault_\[k\]<\/th><td>90\.0 %<\/td>/);
});

for (const [args, message] of [
  [["/nonexistent.json"], /\/nonexistent\.json: ENOENT/],
  [[fileURLToPath(import.meta.url)], /report\.test\.js: .*JSON/],
  [
    [SCALE, "--out", "/nonexistent/folder/page.html"],
    /--out \/nonexistent\/folder\/page\.html cannot be written/,
  ],
  [[SCALE, "--out", tmpdir(), "--format", "svg"], /Allowed choices are html, plot/],
  [[SCALE, "--profile", `nobody=${SCALE}`], /no runtime is named nobody/],
  [[SCALE, "--profile", SCALE], /it is neither a \.cpuprofile/],
  [[SCALE, "--profile", "/nonexistent"], /--profile \/nonexistent: ENOENT/],
] as const) {
  test(`report ${args.map((word) => basename(word)).join(" ")}: one clear line, and exit code 2`, async () => {
    const { code, stdout, stderr } = await lab(["report", ...args]);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, message);
    assert.match(stderr, /^error: [^\n]*\n$/);
  });
}

test("nothing in the data can end the script, or become markup", () => {
  const nasty = `</script><script>alert("x")</script><img src=x onerror=alert(1)> & 'quoted'`;
  const run: Stored = {
    ...readStored(SCALE),
    command: nasty,
    results: [
      {
        cell: { experiment: "scale", runtime: nasty, order: "sequential", fibers: 1, count: 1 },
        outcomes: [{ count: 1, seconds: 1, best: 1, rssKiB: 1 }],
      },
      {
        cell: { experiment: "scale", runtime: nasty, order: "sequential", fibers: 9, count: 1 },
        outcomes: [{ stoppedAt: 5, error: nasty }],
      },
    ],
  };
  const page = toHtml(run);
  assert.doesNotMatch(page, /<img/);
  assert.doesNotMatch(page, /<script>alert/);
  const data = /id="data">\s*(\{.*\})\s*<\/script>/.exec(page)?.[1] as string;
  assert.ok(JSON.parse(data).pictures[0].series[0].runtime === nasty);
});

test("the published files make a page by themselves, with what they depend on at run time", async () => {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const { dependencies } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  assert.deepEqual(
    Object.keys(dependencies).filter((name) => /echarts|esbuild/.test(name)),
    [],
  );
  const execute = promisify(execFile);
  const packed = await execute("npm", ["pack", "--dry-run", "--json"], { cwd: root });
  const [{ files }] = JSON.parse(packed.stdout) as [{ files: { path: string }[] }];
  const folder = await scratch();
  for (const { path } of files) {
    const target = join(folder, "lab", path);
    await mkdir(dirname(target), { recursive: true });
    await cp(join(root, path), target);
  }
  await mkdir(join(folder, "node_modules"));
  for (const name of Object.keys(dependencies)) {
    const [own, shared] = ["node_modules", "../../node_modules"].map((at) => join(root, at, name));
    const installed = existsSync(own as string) ? own : shared;
    await symlink(installed as string, join(folder, "node_modules", name));
  }
  const args = [
    join(folder, "lab/dist/cli.js"),
    "report",
    SCALE,
    "--out",
    join(folder, "page.html"),
  ];
  await execute(process.execPath, args);
  assert.match(await readFile(join(folder, "page.html"), "utf8"), /Apache ECharts/);
});

test("an empty run is a page still", () => {
  const page = toHtml({ ...readStored(SCALE), results: [], profiles: [] });
  assert.match(page, /How this was measured/);
  assert.doesNotMatch(page, /<figure/);
});
