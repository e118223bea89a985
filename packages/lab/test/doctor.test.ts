/** The doctor shows what is installed, and what each missing thing would add. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { Files } from "#lab/doctor/files.js";
import type { Finding, Section } from "#lab/doctor/finding.js";
import { machine } from "#lab/doctor/machine.js";
import { settings } from "#lab/doctor/settings.js";
import { runtimesHere } from "#lab/doctor/runtimes.js";
import { doctor } from "#lab/doctor/doctor.js";
import { runtimes } from "#lab/runtimes/registry.js";
import { lab } from "./support.js";

/** A machine of files. */
async function played(files: Readonly<Record<string, string>>): Promise<Files> {
  const root = await mkdtemp(join(tmpdir(), "fibril-lab-"));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), `${text}\n`);
  }
  return new Files(root);
}

function found(section: Section, what: string): Finding {
  const one = section.findings.find((finding) => finding.what === what);
  assert.ok(one, `${what} in ${JSON.stringify(section)}`);
  return one;
}

const THP = "sys/kernel/mm/transparent_hugepage/enabled";
const GOVERNOR = "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor";
const MAPPINGS = "proc/sys/vm/max_map_count";

test("settings that affect the figures: what they are, what another would add, and how to set it", async () => {
  const bad = settings(
    await played({
      [MAPPINGS]: "65530",
      [THP]: "[always] madvise never",
      [GOVERNOR]: "powersave",
      "sys/devices/system/cpu/intel_pstate/no_turbo": "0",
    }),
  );
  assert.match(found(bad, "vm.max_map_count").adds!, /more than about 32,765/);
  assert.match(found(bad, "vm.max_map_count").how!, /^sysctl -w vm\.max_map_count=\d+$/);
  assert.equal(found(bad, "transparent huge pages").here, "always");
  assert.match(found(bad, "transparent huge pages").how!, /echo madvise/);
  assert.equal(found(bad, "frequency scaling").here, "governor powersave");
  assert.match(found(bad, "frequency scaling").how!, /performance/);
  assert.equal(found(bad, "boost").here, "on");
  assert.match(found(bad, "boost").how!, /no_turbo/);
});

test("settings as the bug report had them need nothing", async () => {
  const good = settings(
    await played({
      [MAPPINGS]: "1000000000",
      [THP]: "always [madvise] never",
      [GOVERNOR]: "performance",
      "sys/devices/system/cpu/cpufreq/boost": "0",
    }),
  );
  for (const what of ["vm.max_map_count", "transparent huge pages", "frequency scaling", "boost"]) {
    assert.equal(found(good, what).adds, undefined, what);
    assert.equal(found(good, what).how, undefined, what);
  }
});

test("the limits of a container are seen, in both versions of control groups", async () => {
  const second = machine(
    await played({
      "proc/self/cgroup": "0::/box",
      "sys/fs/cgroup/box/memory.max": String(2 ** 29),
      "sys/fs/cgroup/box/cpu.max": "150000 100000",
    }),
  );
  assert.match(found(second, "memory limit").here, /^0\.5 GiB/);
  assert.match(found(second, "processor limit").here, /^1\.5 cores/);
  const first = machine(
    await played({
      "proc/self/cgroup": "4:memory:/box\n1:cpu:/box\n0::/",
      "sys/fs/cgroup/memory/box/memory.limit_in_bytes": String(2 ** 28),
      "sys/fs/cgroup/cpu/box/cpu.cfs_quota_us": "50000",
      "sys/fs/cgroup/cpu/box/cpu.cfs_period_us": "100000",
    }),
  );
  assert.match(found(first, "memory limit").here, /^0\.3 GiB/);
  assert.match(found(first, "processor limit").here, /^0\.5 cores/);
  const none = machine(
    await played({
      "proc/self/cgroup": "4:memory:/\n0::/box",
      "sys/fs/cgroup/box/memory.max": "max",
      "sys/fs/cgroup/box/cpu.max": "max 100000",
      "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712",
      "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1",
    }),
  );
  assert.ok(!none.findings.some(({ what }) => what.endsWith("limit")));
});

test("swap and stolen time are seen", async () => {
  const busy = machine(
    await played({
      "proc/stat": "cpu  50 0 10 20 0 0 0 20 0 0\ncpu0 50 0 10 20 0 0 0 20 0 0",
      "proc/swaps": "Filename Type Size Used Priority\n/swap file 1 0 -2",
    }),
  );
  assert.match(found(busy, "stolen time").here, /^20\.0 %/);
  assert.ok(found(busy, "stolen time").adds);
  assert.equal(found(busy, "swap").how, "swapoff --all");
  const quiet = machine(
    await played({ "proc/stat": "cpu  5 0 1 9 0 0 0 0 0 0", "proc/swaps": "Filename" }),
  );
  assert.equal(found(quiet, "stolen time").adds, undefined);
  assert.equal(found(quiet, "swap").here, "off");
});

test("a system without any of these files is described too", async () => {
  const nothing = await played({});
  assert.equal(found(settings(nothing), "vm.max_map_count").here, "not visible here");
  assert.match(found(settings(nothing), "clock").here, /^\d+ ns a step$/);
  assert.ok(found(machine(nothing), "load"));
});

test("a runtime that is missing: what it would add, and how to install it", async () => {
  const [generator] = runtimes.filter(({ name }) => name === "generator");
  const section = await runtimesHere([
    generator!,
    { ...generator!, name: "other", find: async () => ({ missing: "none here", hint: "get it" }) },
    // It measures the machine and is not a runtime.
    { ...generator!, name: "loads", experiments: ["memory"] },
  ]);
  assert.deepEqual(
    section.findings.map(({ what }) => what),
    ["generator", "other"],
  );
  assert.match(found(section, "generator").here, /^V8 /);
  assert.deepEqual(found(section, "other"), {
    what: "other",
    here: "missing: none here",
    adds: "Bare generators in ring, resume, scale, create, routines, depth, counters, gc, empty",
    how: "get it",
  });
});

test("the text and the JSON have the same content", async () => {
  const files = await played({ [MAPPINGS]: "65530" });
  const text = await doctor("table", files);
  const { sections } = JSON.parse(await doctor("json", files)) as { sections: Section[] };
  assert.deepEqual(
    sections.map(({ title }) => title),
    ["machine", "settings", "counters", "runtimes"],
  );
  // Load and memory change from one look to the next.
  const steady = sections.slice(1).flatMap(({ findings }) => findings);
  for (const { what, here, adds, how } of steady.filter(({ what: name }) => name !== "clock")) {
    const line = text.split("\n").find((one) => one.startsWith(`  ${what} `));
    assert.equal(line?.slice(2 + what.length).trim(), here);
    for (const more of [adds, how]) if (more !== undefined) assert.ok(text.includes(more), more);
  }
});

test("fibril-lab doctor ends well where nothing is installed", async () => {
  const nothing = { PATH: "/nonexistent", FIBRIL_PYTHON: "/nonexistent/python" };
  const { code, stdout, stderr } = await lab(["doctor"], nothing);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, /^  perf +missing$/m);
  for (const { name, kind } of runtimes) {
    if (kind === "process") assert.match(stdout, new RegExp(`^  ${name} +missing: no `, "m"));
  }
  assert.match(stdout, /^ +apt-get install golang-go$/m);
  const json = await lab(["doctor", "--format", "json"], nothing);
  assert.equal(json.code, 0);
  assert.ok(JSON.parse(json.stdout).sections.length === 4);
  const wrong = await lab(["doctor", "--format", "xml"]);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /^error: [^\n]*table, json[^\n]*\n$/);
});
