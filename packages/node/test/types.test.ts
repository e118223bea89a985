/** The package's types in a program that says nothing of Node's types to its compiler, which takes none by itself. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
const skip = "Bun" in globalThis || "Deno" in globalThis ? "tsc is Node's" : false;

const PROGRAM = `
import { run } from "fibril";
import { connect, readText, reply, serve } from "@fibril/node";

await run(function* () {
  const server = yield* serve({ port: 0 }, function* (request) {
    return reply(yield* readText(request));
  });
  using _nothing = { [Symbol.dispose]() {} };
  const connection = yield* connect({ port: server.port });
  const size: number | undefined = (yield* connection.read())?.byteLength;
  return size;
});
`;

test("a strict program compiles without a list of types", { skip }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "fibril-node-types-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, "node_modules/@fibril"), { recursive: true });
  const link = (name: string, to: string): Promise<void> =>
    symlink(join(ROOT, to), join(folder, "node_modules", name));
  await link("fibril", "packages/fibril");
  await link("@fibril/node", "packages/node");
  await link("@types", "node_modules/@types");
  await writeFile(join(folder, "package.json"), `{ "type": "module" }`);
  await writeFile(join(folder, "app.ts"), PROGRAM);
  const compilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    noEmit: true,
    target: "es2022",
    module: "nodenext",
  };
  await writeFile(
    join(folder, "tsconfig.json"),
    JSON.stringify({ compilerOptions, files: ["app.ts"] }),
  );
  const tsc = join(ROOT, "node_modules/.bin/tsc");
  const told = await promisify(execFile)(tsc, ["-p", folder]).catch(
    (error: { stdout: string }) => error,
  );
  assert.equal(told.stdout, "");
});
