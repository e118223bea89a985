import { readFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vitepress";
import { anchorOf } from "../api/anchor.js";
import { stage, STAGE } from "../stage.js";

stage();

const titleOf = (page) =>
  /^# (.+)$/m.exec(readFileSync(join(STAGE, `${page}.md`), "utf8"))[1].replaceAll("`", "");
const item = (page) => ({ text: titleOf(page), link: `/${page}` });

/** The sidebar of the reference, from its first page. */
function reference() {
  const [, ...groups] = readFileSync(join(STAGE, "api/index.md"), "utf8").split(/^## /m);
  return groups.map((group) => ({
    text: group.slice(0, group.indexOf("\n")),
    collapsed: true,
    items: [...group.matchAll(/^- \[(.+?)\]\((.+?)\.md\)/gm)].map(([, text, page]) => ({
      text,
      link: `/api/${page}`,
    })),
  }));
}

const guides = [
  {
    text: "Start",
    items: [
      item("guides/getting-started"),
      item("examples"),
      { text: "Playground", link: "/playground" },
    ],
  },
  {
    text: "Guides",
    items: [
      "guides/scopes-and-cancellation",
      "guides/channels",
      "combining",
      "locks",
      "guides/interop",
      "node",
      "guides/errors",
      "guides/testing",
      "guides/debugging",
      "guides/performance-habits",
      "guides/simulation",
      "guides/direct-style",
    ].map(item),
  },
  {
    text: "Coming from",
    items: ["async-await", "ruby-and-polyphony", "effection", "effect", "go"].map((name) =>
      item(`guides/coming-from/${name}`),
    ),
  },
  {
    text: "Lint rules",
    collapsed: true,
    items: [
      "lint/index",
      "lint/require-yield-star",
      "lint/use-fibers",
      "lint/no-await-op",
      "lint/no-bare-yield",
      "lint/no-generator-closure-in-loop",
      "lint/no-swallowed-cancelled",
      "lint/no-wait-in-finally",
    ].map(item),
  },
  {
    text: "Background",
    items: [
      "scheduling",
      "glossary",
      "errors",
      "ruby",
      "compiler",
      "direct",
      "design",
      "performance",
      "why-flat",
      "core",
      "lab",
    ].map(item),
  },
  { text: "Project", items: ["contributing", "changelog", "security"].map(item) },
];

/** Two threads, crossed. It is part of each page, so no request is made for it. */
const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" fill="none" stroke="#0c8599" stroke-width="5" ' +
  'stroke-linecap="round"><path d="M6 5c0 11 20 11 20 22"/><path d="M26 5c0 11-20 11-20 22"/></svg>';

/** A range such as 32.1–35.4 in a narrow column of a table stays in one line. */
const RANGE = /\d[\d.,]*–\d[\d.,]*/g;

function keepRangesWhole(markdown) {
  markdown.renderer.rules.text = (tokens, index) =>
    markdown.utils
      .escapeHtml(tokens[index].content)
      .replace(RANGE, '<span class="range">$&</span>');
}

export default defineConfig({
  title: "Fibril",
  description: "Structured concurrency on fibers for TypeScript",
  head: [["link", { rel: "icon", href: `data:image/svg+xml,${encodeURIComponent(ICON)}` }]],
  srcDir: ".stage",
  outDir: "dist",
  cacheDir: ".cache/vitepress",
  cleanUrls: true,
  // The pages of sources are as old as the sources; a date would only make each build differ.
  lastUpdated: false,
  markdown: {
    // The anchors of the repository's own pages, so that the same links work on both.
    anchor: { slugify: anchorOf },
    headers: { slugify: anchorOf },
    config: keepRangesWhole,
  },
  themeConfig: {
    nav: [
      { text: "Guides", link: "/guides/getting-started", activeMatch: "^/(guides|examples|lint)" },
      { text: "Reference", link: "/api/", activeMatch: "^/api/" },
      { text: "Playground", link: "/playground" },
    ],
    sidebar: { "/api/": [{ text: "API reference", link: "/api/" }, ...reference()], "/": guides },
    outline: [2, 3],
    search: { provider: "local" },
  },
  vite: {
    worker: { format: "es" },
    // The editor and the index of the search are large, and loaded when they are used.
    build: { chunkSizeWarningLimit: 2_000 },
    // The library is a link into this repository, which Vite may not serve from otherwise.
    server: { fs: { allow: [join(STAGE, "../..")] } },
  },
});
