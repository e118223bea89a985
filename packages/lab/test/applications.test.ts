/**
 * The versions of each application do the same, on a small workload. Effect takes a second of processor time to
 * start, so its versions are compared only with FIBRIL_LAB_EFFECT=1, and whenever they are measured.
 */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

// The applications are a project of their own, built beside the tests.
const built = new URL("../applications/", import.meta.url);
const { APPLICATIONS, runApplication } = (await import(new URL("support/run.js", built).href)) as {
  APPLICATIONS: readonly string[];
  runApplication: (
    name: string,
    version: string,
    scale: number,
  ) => Promise<{ readonly output: string; readonly exitCode: number | null }>;
};

const versions = ["fibril", "async"];
if (process.env["FIBRIL_LAB_EFFECT"] === "1") versions.push("effect");

test("every application is measured", () => {
  const folders = readdirSync(fileURLToPath(built), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== "support")
    .map(({ name }) => name);
  assert.deepEqual([...APPLICATIONS].toSorted(), folders.toSorted());
});

for (const name of APPLICATIONS) {
  test(`${name}: all versions come to the same`, async () => {
    const [first, ...others] = await Promise.all(
      versions.map((version) => runApplication(name, version, 0.01)),
    );
    assert.match(first!.output, /\d/);
    // The chat room is ended by Ctrl-C, and says so.
    assert.equal(first!.exitCode, name === "chat" ? 130 : 0);
    for (const other of others) {
      assert.equal(other.output, first!.output);
      assert.equal(other.exitCode, first!.exitCode);
    }
  });
}
