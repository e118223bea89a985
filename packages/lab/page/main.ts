/** Draws the charts of the page from the data in the page. */
import type { Picture } from "#lab/report/picture.js";
import { chartView, type View } from "./chart-view.js";
import { existing } from "./element.js";
import { flameView } from "./flame-view.js";
import { legend } from "./legend.js";
import { onThemeChange, themeNow } from "./theme.js";

interface Data {
  readonly pictures: readonly Picture[];
  /** Machine, versions and date in a line, for every saved picture. */
  readonly source: string;
  /** The runtimes that are drawn, with their names for the reader. */
  readonly runtimes: readonly { readonly runtime: string; readonly name: string }[];
}

const { pictures, source, runtimes } = JSON.parse(existing("#data").textContent ?? "") as Data;
document.documentElement.classList.add("drawn");

const views: View[] = [];

/** One row of buttons above all charts. A button shows or hides a runtime in all of them. */
const hidden = new Set<string>();
const bar = document.querySelector<HTMLElement>("#runtimes .legend");
function drawBar(focus?: string): void {
  bar?.replaceChildren(...legend(runtimes, hidden, themeNow(), toggle));
  if (focus !== undefined) {
    bar?.querySelector<HTMLElement>(`[data-name="${CSS.escape(focus)}"]`)?.focus();
  }
}
function toggle(name: string): void {
  const runtime = runtimes.find((one) => one.name === name)?.runtime ?? name;
  const visible = hidden.delete(name);
  if (!visible) hidden.add(name);
  for (const view of views) view.show(runtime, visible);
  drawBar(name);
}

/** Draws one chart per turn: the first is visible, and the page responds, while the others are drawn. */
async function draw(): Promise<void> {
  for (const picture of pictures) {
    const place = document.getElementById(picture.id);
    if (place === null || place.querySelector(".chart") === null) continue;
    views.push(
      picture.kind === "flame"
        ? flameView(picture, place, source)
        : chartView(picture, place, source),
    );
    await new Promise((resolve) => setTimeout(resolve));
  }
  drawBar();
  document.documentElement.dataset["ready"] = "";
}
void draw();

onThemeChange(() => {
  for (const view of views) view.redraw();
  drawBar();
});
