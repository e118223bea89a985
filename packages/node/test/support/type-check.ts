/** Checks the types of programs that use the packages as they are published. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = fileURLToPath(new URL("../../../../../", import.meta.url));

/** Why tsc cannot be run. */
export const noTsc: string | false =
  "Bun" in globalThis || "Deno" in globalThis ? "tsc is Node's" : false;

/** A new folder with a program, to whose modules the packages and the types of Node are known. */
export async function programFolder(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "fibril-node-types-"));
  await mkdir(join(folder, "node_modules/@fibril"), { recursive: true });
  const link = (name: string, to: string): Promise<void> =>
    symlink(join(ROOT, to), join(folder, "node_modules", name));
  await link("fibril", "packages/fibril");
  await link("@fibril/node", "packages/node");
  await link("@types", "node_modules/@types");
  await writeFile(join(folder, "package.json"), `{ "type": "module" }`);
  await writeFile(join(folder, "app.ts"), text);
  return folder;
}

/** What tsc says of the program in a folder, as strictly as it can be. */
export async function typeErrorsIn(folder: string, options: object = {}): Promise<string> {
  const compilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noEmit: true,
    target: "es2022",
    module: "nodenext",
    ...options,
  };
  await writeFile(
    join(folder, "tsconfig.json"),
    JSON.stringify({ compilerOptions, files: ["app.ts"] }),
  );
  const tsc = join(ROOT, "node_modules/.bin/tsc");
  const { stdout } = await promisify(execFile)(tsc, ["-p", folder]).catch(
    (error: { stdout: string }) => error,
  );
  return stdout;
}
