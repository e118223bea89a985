/**
 * Puts the documents of the repository where VitePress builds the site from, site/.stage. The documents stay where they
 * are read on the repository's own pages; their links are changed here into links between pages of the site. A source file
 * that a document links to is served as plain text.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
export const STAGE = join(ROOT, "site/.stage");

const SINGLE = {
  "README.md": "index.md",
  "CONTRIBUTING.md": "contributing.md",
  "SECURITY.md": "security.md",
  ".changeset/README.md": "changesets.md",
  "packages/fibril/CHANGELOG.md": "changelog.md",
  "packages/fibril/src/core/README.md": "core.md",
  "packages/lab/README.md": "lab.md",
  "packages/eslint-plugin/README.md": "lint/index.md",
  "examples/README.md": "examples.md",
  "site/playground/README.md": "playground.md",
};
const FOLDERS = { docs: "", "packages/eslint-plugin/docs/rules": "lint" };

/** Documents of the repository, each with its place on the site. */
function documents() {
  const found = new Map(Object.entries(SINGLE));
  for (const [folder, to] of Object.entries(FOLDERS)) {
    for (const name of readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })) {
      if (name.endsWith(".md")) {
        found.set(join(folder, name), join(to, name.replace(/README\.md$/, "index.md")));
      }
    }
  }
  return found;
}

const LINK = /\]\((?!https?:|mailto:|#)([^)#\s]+)(#[^)\s]+)?\)/g;
/** Code, in which brackets are no links. */
const CODE = /^```[^]*?^```$|`[^`\n]*`/gm;

/** With an ending that browsers show: they take `.ts` for a film. */
const sourceOf = (file) => `source/${file}.txt`;

export function stage() {
  const pages = documents();
  rmSync(STAGE, { recursive: true, force: true });
  const sources = new Set();

  /** A link's target on the site; undefined for what has no page, such as a folder. */
  const pageOf = (file) => {
    const known = pages.get(file) ?? pages.get(join(file, "README.md"));
    if (known !== undefined) return known;
    if (!existsSync(join(ROOT, file))) throw new Error(`there is no ${file}`);
    if (statSync(join(ROOT, file)).isDirectory()) return undefined;
    sources.add(file);
    return sourceOf(file);
  };

  for (const [from, to] of pages) {
    const text = readFileSync(join(ROOT, from), "utf8");
    const changed = outsideCode(text, (prose) =>
      prose
        .replace(LINK, (_, target, anchor = "") => {
          const page = pageOf(relative(ROOT, resolve(ROOT, dirname(from), target)));
          // A folder has no page: its name stays as text.
          if (page === undefined) return "]()";
          // Not a page of VitePress, so that its router must leave it to the browser.
          if (page.endsWith(".txt")) return `](/${page}){target="_self"}`;
          return `](${relative(dirname(to), page)}${anchor})`;
        })
        .replace(/\[([^\]]*)\]\(\)/g, "$1"),
    );
    write(to, to === "index.md" ? home(changed) : changed);
  }
  for (const file of sources) {
    write(join("public", sourceOf(file)), readFileSync(join(ROOT, file), "utf8"));
  }
}

/** Applies a change to what is no code. */
function outsideCode(text, change) {
  // A link's text may be code, so code is taken out and put back.
  const kept = [];
  const without = text.replace(CODE, (code) => `\0${kept.push(code) - 1}\0`);
  return change(without).replace(/\0(\d+)\0/g, (_, index) => kept[Number(index)]);
}

/** The README as the first page: its name and first paragraph are the hero's. */
function home(text) {
  const [, title, about, rest] = /^# (.+)\n\n([^]+?)\n\n([^]+)$/.exec(text);
  const [first, second = ""] = about.replaceAll("\n", " ").split(/: (.+)/);
  return `---
layout: home
hero:
  name: ${title}
  text: ${JSON.stringify(first.replace(`${title} is `, "").replace(/^./, (letter) => letter.toUpperCase()))}
  tagline: ${JSON.stringify(second.replace(/^./, (letter) => letter.toUpperCase()))}
  actions:
    - { theme: brand, text: Get started, link: /guides/getting-started }
    - { theme: alt, text: Playground, link: /playground }
    - { theme: alt, text: Reference, link: /api/ }
---

${rest}`;
}

function write(path, text) {
  const file = join(STAGE, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
