/**
 * Builds the site into site/dist. It fails when a comment of the reference is missing, or when docs/api is not what the
 * comments say.
 *
 *     node site/build.js
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const node = (...args) => execFileSync(process.execPath, args, { stdio: "inherit" });

/** The pages of a folder, by their paths. */
function pagesIn(folder) {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return new Map(
    names
      .filter((name) => name.endsWith(".md"))
      .map((name) => [name, readFileSync(join(folder, name), "utf8")]),
  );
}

node(here("api/check.js"));
const fresh = mkdtempSync(join(tmpdir(), "fibril-api-"));
try {
  node(here("api/generate.js"), fresh);
  const [made, kept] = [pagesIn(fresh), pagesIn(here("../docs/api"))];
  const stale = [...new Set([...made.keys(), ...kept.keys()])].filter(
    (page) => made.get(page) !== kept.get(page),
  );
  if (stale.length > 0) {
    console.error(
      `docs/api is not up to date: ${stale.join(", ")}. Run "npm run api" and commit what it writes.`,
    );
    process.exit(1);
  }
} finally {
  rmSync(fresh, { recursive: true, force: true });
}
node(here("node_modules/vitepress/bin/vitepress.js"), "build", here("."));
