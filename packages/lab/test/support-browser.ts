/** A real Chromium for the tests of the page, where there is one. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** FIBRIL_CHROMIUM names one; otherwise it is the first in the path. */
export const CHROMIUM: string | undefined =
  process.env["FIBRIL_CHROMIUM"] ??
  (process.env["PATH"] ?? "")
    .split(delimiter)
    .flatMap((folder) => NAMES.map((name) => join(folder, name)))
    .find((path) => existsSync(path));

export const WITHOUT_CHROMIUM: string | false =
  CHROMIUM === undefined &&
  "no Chromium here: apt-get install chromium, or name one in FIBRIL_CHROMIUM";

export const launch = (): Promise<Browser> =>
  // In a container there is no sandbox to be had, and the page is our own.
  chromium.launch({ executablePath: CHROMIUM as string, args: ["--no-sandbox", "--disable-gpu"] });

export interface Opened {
  readonly page: Page;
  /** What should not happen: errors, console messages, requests other than for the page itself. */
  readonly trouble: string[];
}

export async function open(
  browser: Browser,
  address: string,
  options: BrowserContextOptions = {},
): Promise<Opened> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    ...options,
  });
  const page = await context.newPage();
  const trouble: string[] = [];
  page.on("console", (message) => trouble.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => trouble.push(`error: ${error.message}`));
  page.on("request", (request) => {
    const url = request.url();
    if (url.split("#")[0] !== address && !/^(data|blob):/.test(url)) {
      trouble.push(`request: ${url}`);
    }
  });
  // A busy machine is no fault of the page.
  page.setDefaultTimeout(120_000);
  await page.goto(address);
  if (options.javaScriptEnabled !== false) {
    await page.waitForSelector("html[data-ready]", { state: "attached" });
  }
  return { page, trouble };
}

export interface Ink {
  /** The part of the pixels that are not of the commonest colour. */
  readonly part: number;
  readonly colours: number;
  /** Of the brightness, from 0 to 255. */
  readonly variance: number;
}

/** What there is on a PNG, found out by the browser: an empty picture has one colour and no variance. */
export function inkOf(page: Page, png: Buffer): Promise<Ink> {
  return page.evaluate(
    async (data) => {
      const image = new Image();
      image.src = data;
      await image.decode();
      const canvas = document.createElement("canvas");
      canvas.width = image.width;
      canvas.height = image.height;
      const context = canvas.getContext("2d") as CanvasRenderingContext2D;
      context.drawImage(image, 0, 0);
      const pixels = new Uint32Array(
        context.getImageData(0, 0, image.width, image.height).data.buffer,
      );
      const counts = new Map<number, number>();
      let sum = 0;
      let squares = 0;
      // Some hundred thousand pixels tell enough of a large picture. An odd step walks through columns.
      const step = Math.ceil(pixels.length / 300_000) | 1;
      let seen = 0;
      for (let at = 0; at < pixels.length; at += step) {
        const pixel = pixels[at] as number;
        seen++;
        counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
        const bright = ((pixel & 255) + ((pixel >> 8) & 255) + ((pixel >> 16) & 255)) / 3;
        sum += bright;
        squares += bright * bright;
      }
      const mean = sum / seen;
      return {
        part: 1 - Math.max(...counts.values()) / seen,
        colours: counts.size,
        variance: squares / seen - mean * mean,
      };
    },
    `data:image/png;base64,${png.toString("base64")}`,
  );
}
