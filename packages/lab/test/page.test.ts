/** The page as a reader has it: in a real Chromium, from a file, with the results of a real run. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Browser, Locator, Page } from "playwright-core";
import { lookOf } from "#lab/report/look.js";
import type { FlamePicture, Picture } from "#lab/report/picture.js";
import { tableOf } from "#lab/report/picture-table.js";
import { pictures } from "#lab/report/pictures.js";
import { together } from "#lab/report/together.js";
import { writeReport } from "#lab/report/write-report.js";
import { readStored, type Stored } from "#lab/runs/store.js";
import { RUNS } from "./support-runs.js";
import { inkOf, launch, open, WITHOUT_CHROMIUM } from "./support-browser.js";

const AXE = fileURLToPath(import.meta.resolve("axe-core/axe.min.js"));

const runs: readonly Stored[] = RUNS.map(readStored);
const { results, profiles } = together(runs);
const drawn: readonly Picture[] = pictures(results, profiles).filter(
  (picture) => picture.kind !== "scatter" || picture.series.length > 0,
);

/** What can be switched in a chart: a bar, a series, or a group of series. */
function switched(picture: Picture): string[] {
  if (picture.kind === "flame") return [];
  if (picture.kind === "bars") return picture.bars.map(({ name }) => name);
  return [...new Set(picture.series.map(({ name, group = name }) => group))];
}

const chip = (within: Locator, name: string): Locator =>
  within.getByRole("button", { name, exact: true });

/** How often a runtime's colour is drawn with in a chart. */
const strokes = (chart: Locator, runtime: string, scheme: "light" | "dark"): Promise<number> =>
  chart
    .locator(
      `.chart [stroke="${lookOf(runtime)[scheme]}"], .chart [fill="${lookOf(runtime)[scheme]}"]`,
    )
    .count();

describe("the page in Chromium", { skip: WITHOUT_CHROMIUM }, () => {
  let browser: Browser;
  let folder: string;
  let address: string;
  /** For the tests that leave it as they found it. */
  let page: Page;
  let trouble: string[];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "fibril-lab-"));
    const [path] = writeReport(runs, folder);
    address = pathToFileURL(path as string).href;
    browser = await launch();
    ({ page, trouble } = await open(browser, address));
  });
  after(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  test("loads without an error, a message or a request, and draws every chart", async () => {
    assert.ok(drawn.length >= 8, "the fixture has something for most pictures");
    for (const { id } of drawn) {
      const chart = page.locator(`#${id} .chart`);
      assert.ok((await chart.locator("svg path").count()) > 3, id);
      const ink = await inkOf(page, await chart.screenshot());
      assert.ok(
        ink.part > 0.01 && ink.colours > 20 && ink.variance > 20,
        `${id}: ${JSON.stringify(ink)}`,
      );
    }
    assert.deepEqual(trouble, []);
  });

  test("shows every series of every chart, in its colour and with its name", async () => {
    for (const picture of drawn) {
      const chart = page.locator(`#${picture.id}`);
      for (const name of switched(picture)) {
        assert.equal(await chip(chart, name).getAttribute("aria-pressed"), "true", name);
      }
      if (picture.kind === "flame") continue;
      const members = picture.kind === "bars" ? picture.bars : picture.series;
      for (const { runtime } of members) {
        assert.ok((await strokes(chart, runtime, "light")) > 0, `${picture.id}: ${runtime}`);
      }
    }
  });

  test("a limit has a mark and a text; Ruby's is on the first chart", async () => {
    const stopped = drawn.filter(
      (picture) =>
        picture.kind === "lines" && picture.series.some(({ stop }) => stop !== undefined),
    );
    assert.ok(stopped.some(({ id }) => id === drawn[0]?.id));
    for (const { id } of stopped) {
      assert.match(
        (await page.locator(`#${id} .chart svg`).textContent()) ?? "",
        /stopped at [\d,]+/,
      );
    }
    const first = page.locator(".picture").first();
    assert.match((await first.locator(".chart svg").textContent()) ?? "", /stopped at 31,744/);
    const box = await first.locator(".chart").boundingBox();
    assert.ok(box !== null && box.y + box.height < 900, "all of it is seen without scrolling");
  });

  test("a button of a legend takes its series out of the chart, and puts it back", async () => {
    const chart = page.locator("#scale-sequential");
    const button = chip(chart, "Ruby fibers");
    const all = await strokes(chart, "ruby", "light");
    await button.click();
    assert.equal(await button.getAttribute("aria-pressed"), "false");
    assert.equal(await chart.locator(`.chart [stroke="${lookOf("ruby").light}"]`).count(), 0);
    assert.ok((await strokes(chart, "fibril", "light")) > 0);
    assert.ok((await strokes(page.locator("#bytes"), "ruby", "light")) > 0, "others keep it");
    await button.click();
    assert.equal(await strokes(chart, "ruby", "light"), all);
    assert.deepEqual(trouble, []);
  });

  test("the row above all charts takes a runtime out of every one", async () => {
    const everywhere = page.locator(`.chart [stroke="${lookOf("ruby").light}"]`);
    const all = await everywhere.count();
    await chip(page.locator("#runtimes"), "Ruby fibers").click();
    assert.equal(await everywhere.count(), 0);
    assert.equal(
      await chip(page.locator("#bytes"), "Ruby fibers").getAttribute("aria-pressed"),
      "false",
    );
    await chip(page.locator("#runtimes"), "Ruby fibers").click();
    assert.equal(await everywhere.count(), all);
  });

  test("everything works by keyboard: switching, reading the points, opening a table", async () => {
    const chart = page.locator("#scale-sequential");
    await chip(chart, "Ruby fibers").focus();
    await page.keyboard.press("Space");
    assert.equal(await chip(chart, "Ruby fibers").getAttribute("aria-pressed"), "false");
    const focused = await page.evaluate(() => document.activeElement?.getAttribute("data-name"));
    assert.equal(focused, "Ruby fibers", "the button keeps the focus");
    await page.keyboard.press("Space");

    await chart.locator(".chart").focus();
    await page.keyboard.press("Home");
    const reading = chart.locator(".reading");
    assert.match((await reading.textContent()) ?? "", /^Fibril: [\d.]+ M\/s, fibers: \d+/);
    await page.keyboard.press("End");
    assert.match((await reading.textContent()) ?? "", /^Fibril: .*fibers: 100,000/);
    for (let i = 0; i < 30; i++) {
      if ((await reading.textContent())?.startsWith("Ruby fibers")) break;
      await page.keyboard.press("ArrowDown");
    }
    await page.keyboard.press("End");
    assert.match((await reading.textContent()) ?? "", /^Ruby fibers stopped at 31,744/);
    await page.keyboard.press("Escape");
    assert.equal(await reading.textContent(), "");

    await chart.locator("summary", { hasText: "Table" }).focus();
    await page.keyboard.press("Enter");
    assert.ok(await chart.locator("table").isVisible());
    await page.keyboard.press("Enter");
  });

  test("behind every chart is a table with the same figures", async () => {
    for (const picture of drawn) {
      const { head, rows } = tableOf(picture);
      const place = page.locator(`#${picture.id}`);
      assert.ok(!(await place.locator("table").isVisible()));
      await place.locator("summary", { hasText: "Table" }).click();
      const found = await place
        .locator("table")
        .evaluate((table: HTMLTableElement) =>
          [...table.rows].map((row) => [...row.cells].map((cell) => cell.textContent)),
        );
      assert.deepEqual(found, [head, ...rows], picture.id);
      await place.locator("summary", { hasText: "Table" }).click();
    }
  });

  test("every chart is saved as SVG, PNG and CSV, none of them empty", async () => {
    for (const picture of drawn) {
      const place = page.locator(`#${picture.id}`);
      const svg = (await saved(page, place, "SVG", `fibril-lab-${picture.id}.svg`)).toString();
      const parsed = await page.evaluate((text) => {
        const root = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
        return {
          name: root.nodeName,
          paths: root.querySelectorAll("path, rect").length,
          text: root.textContent,
        };
      }, svg);
      assert.equal(parsed.name, "svg", picture.id);
      assert.ok(parsed.paths > 5, picture.id);
      assert.ok(parsed.text?.includes(picture.title), picture.id);
      assert.ok(
        parsed.text?.includes(runs[0]?.machine.cpu ?? "?"),
        "it says where it was measured",
      );
      assert.doesNotMatch(svg, /(href|src)="(?!#)/);

      const png = await saved(page, place, "PNG", `fibril-lab-${picture.id}.png`);
      assert.equal(png.subarray(1, 4).toString(), "PNG");
      assert.ok(png.readUInt32BE(16) === 2400, "twice the size");
      const ink = await inkOf(page, png);
      assert.ok(ink.part > 0.005 && ink.colours > 20 && ink.variance > 20, JSON.stringify(ink));

      const csv = (await saved(page, place, "CSV", `fibril-lab-${picture.id}.csv`)).toString();
      const lines = csv.trimEnd().split("\n").length - 1;
      if (picture.kind === "bars") assert.equal(lines, picture.bars.length);
      else if (picture.kind === "flame") assert.ok(lines > 5);
      else {
        const points = picture.series.flatMap(({ points: all, stop }) => [
          ...all,
          ...(stop ? [stop] : []),
        ]);
        assert.equal(lines, points.length, picture.id);
      }
    }
    assert.deepEqual(trouble, []);
  });

  for (const colorScheme of ["light", "dark"] as const) {
    test(`${colorScheme}: nothing to scroll sideways at any width, nothing empty`, async () => {
      const narrow = { width: 320, height: 844 };
      const opened = await open(browser, address, {
        colorScheme,
        viewport: narrow,
        isMobile: true,
        hasTouch: true,
      });
      const first = opened.page.locator("#scale-sequential");
      for (const width of [320, 390, 768, 1280]) {
        await opened.page.setViewportSize({ ...narrow, width });
        await opened.page.waitForFunction(() => {
          const chart = document.querySelector("#scale-sequential .chart");
          return chart?.clientWidth === Number(chart?.querySelector("svg")?.getAttribute("width"));
        });
        const {
          whole,
          seen,
          page: colour,
        } = await opened.page.evaluate(() => ({
          whole: document.documentElement.scrollWidth,
          seen: document.documentElement.clientWidth,
          page: getComputedStyle(document.body).backgroundColor,
        }));
        assert.ok(whole <= seen, `${whole} on ${seen}`);
        assert.equal(colour, colorScheme === "dark" ? "rgb(18, 21, 26)" : "rgb(255, 255, 255)");
        assert.ok((await strokes(first, "fibril", colorScheme)) > 0);
        const ink = await inkOf(opened.page, await first.screenshot());
        assert.ok(ink.part > 0.02 && ink.variance > 50, `${width}: ${JSON.stringify(ink)}`);
      }
      assert.deepEqual(opened.trouble, []);
      await opened.page.close();
    });
  }

  test("a change to dark mode redraws the charts", async () => {
    const first = page.locator("#scale-sequential");
    assert.ok((await strokes(first, "ruby", "light")) > 0);
    for (const colorScheme of ["dark", "light"] as const) {
      await page.emulateMedia({ colorScheme });
      await page.waitForFunction(
        (colour) =>
          document.querySelector(`#scale-sequential .chart [stroke="${colour}"]`) !== null,
        lookOf("ruby")[colorScheme],
      );
      const other = colorScheme === "dark" ? "light" : "dark";
      assert.equal(await strokes(first, "ruby", other), 0);
    }
  });

  test("axe finds nothing to object to, in light and in dark, and nothing moves", async () => {
    const opened = await open(browser, address, { reducedMotion: "reduce" });
    for (const summary of await opened.page.locator("summary").all()) await summary.click();
    await opened.page.addScriptTag({ path: AXE });
    for (const colorScheme of ["light", "dark"] as const) {
      await opened.page.emulateMedia({ colorScheme });
      // Dark differs by its colours alone.
      const rules = colorScheme === "dark" ? ["color-contrast"] : undefined;
      const found = await opened.page.evaluate(async (runOnly) => {
        const { axe } = globalThis as unknown as Axe;
        const { violations } = await axe.run(document, runOnly === undefined ? {} : { runOnly });
        return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
      }, rules);
      assert.deepEqual(found, [], colorScheme);
    }
    assert.equal(await opened.page.evaluate(() => document.getAnimations().length), 0);
    await opened.page.close();
  });

  test("without JavaScript the tables are there, and nothing pretends to be a chart", async () => {
    const { page: bare } = await open(browser, address, { javaScriptEnabled: false });
    assert.ok(await bare.getByText("The charts need JavaScript").isVisible());
    assert.ok(!(await bare.locator(".chart").first().isVisible()));
    await bare.locator("#scale-sequential summary", { hasText: "Table" }).click();
    assert.ok(await bare.locator("#scale-sequential table").isVisible());
  });

  test("the flame graph is enlarged, searched and walked", async () => {
    // One whose widest frame calls something.
    const flame = drawn.find(
      (picture): picture is FlamePicture =>
        picture.kind === "flame" && (picture.root.inner[0]?.inner.length ?? 0) > 0,
    );
    assert.ok(flame);
    const place = page.locator(`#${flame.id}`);
    const reading = place.locator(".reading");
    const frames = place.locator(".chart svg path");
    const all = await frames.count();
    const whole = place.getByRole("button", { name: "Show all" });
    assert.ok(!(await whole.isVisible()));
    // The chart is drawn again in a frame of the browser's own, which a busy machine is late with.
    const drawnAll = (): Promise<unknown> =>
      page.waitForFunction(
        ([id, count]) => document.querySelectorAll(`#${id} .chart svg path`).length === count,
        [flame.id, all] as const,
      );

    await place.locator(".chart").focus();
    await page.keyboard.press("ArrowDown");
    const widest = (await reading.textContent()) ?? "";
    const name = flame.root.inner[0]?.name as string;
    assert.ok(widest.startsWith(`${name}: `), widest);
    assert.match(widest, /: [\d.]+ % of the (time|samples), [\d.]+ % in itself$/);
    await page.keyboard.press("ArrowDown");
    assert.ok(
      (await reading.textContent())?.startsWith(`${flame.root.inner[0]?.inner[0]?.name}: `),
    );
    await page.keyboard.press("ArrowUp");
    assert.equal(await reading.textContent(), widest);
    await page.keyboard.press("Enter");
    assert.ok(await whole.isVisible());
    assert.ok((await frames.count()) < all);
    await whole.click();
    await whole.waitFor({ state: "hidden" });
    await drawnAll();

    // The second row from above, at its left: the widest frame again. On a busy machine the page may still
    // move under the mouse, so that the press hits nothing: a reader would press again.
    await inThree(async () => {
      await place.locator(".chart").click({ position: { x: 20, y: 33 } });
      await whole.waitFor({ state: "visible", timeout: 10_000 });
    });
    assert.ok((await frames.count()) < all);
    await place.locator(".chart").focus();
    await page.keyboard.press("Escape");
    await drawnAll();
    // What the mouse is on is drawn brighter.
    await page.mouse.move(0, 0);

    await place.getByRole("searchbox").fill(name);
    assert.match((await reading.textContent()) ?? "", /^[1-9][\d.]* % of the (time|samples)/);
    assert.ok((await place.locator('.chart [fill="#ffd400"]').count()) > 0);
    await place.getByRole("searchbox").fill("no such frame");
    assert.match((await reading.textContent()) ?? "", /^0\.0 % of the/);
    await place.getByRole("searchbox").fill("");
    assert.deepEqual(trouble, []);
  });
});

/** What a busy machine may disturb, tried three times at most. */
async function inThree(attempt: () => Promise<void>): Promise<void> {
  for (let left = 2; ; left--) {
    try {
      return await attempt();
    } catch (error) {
      if (left === 0) throw error;
    }
  }
}

interface Axe {
  readonly axe: {
    run(
      within: Document,
      options: { readonly runOnly?: readonly string[] },
    ): Promise<{ readonly violations: readonly Violation[] }>;
  };
}
interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string }[];
}

async function saved(page: Page, place: Locator, format: string, name: string): Promise<Buffer> {
  let path = "";
  await inThree(async () => {
    const [download] = await Promise.all([
      page.waitForEvent("download", {
        predicate: (each) => each.suggestedFilename() === name,
        timeout: 20_000,
      }),
      place.getByRole("button", { name: format, exact: true }).click(),
    ]);
    path = await download.path();
  });
  return readFile(path);
}
