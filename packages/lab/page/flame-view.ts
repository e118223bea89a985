/**
 * The flame graph on the page: it is enlarged by click or Enter, walked by arrow keys, searched and
 * saved.
 */
import type { FlamePicture } from "#lab/report/picture.js";
import { init } from "./chart-library.js";
import type { View } from "./chart-view.js";
import { button, element, existing, onResize } from "./element.js";
import { saveCsv, savePng, saveSvg, toSvg } from "./export.js";
import {
  describeFrame,
  FRAME_HEIGHT,
  flameOption,
  type FlameSetting,
  kindOf,
  matched,
  place as placeFrames,
  type Placed,
} from "./flame-option.js";
import { LIGHT, themeNow } from "./theme.js";

export function flameView(picture: FlamePicture, place: HTMLElement, source: string): View {
  const placed = placeFrames(picture.root);
  const root = placed[0] as Placed;
  const height = (Math.max(...placed.map(({ depth }) => depth)) + 1) * FRAME_HEIGHT;
  const target = existing(".chart", place);
  target.style.height = `${height}px`;
  const reading = existing(".reading", place);
  const chart = init(target, null, { renderer: "svg" });
  let chosen = root;
  let current: Placed | undefined;
  let search = "";

  const setting = (): FlameSetting => ({ theme: themeNow(), chosen, current, search });
  const redraw = (): void => {
    chart.resize();
    chart.setOption(flameOption(picture, placed, setting()), { notMerge: true });
    kinds(placed, existing(".legend", place));
    whole.hidden = chosen === root;
  };
  const choose = (one: Placed): void => {
    chosen = one;
    redraw();
  };
  const say = (text: string): void => reading.replaceChildren(element("span", {}, text));

  const whole = button("Show all", () => choose(root));
  const field = element("input", {
    type: "search",
    placeholder: "Search frames",
    "aria-label": "Search frames",
  });
  field.addEventListener("input", () => {
    search = field.value.trim();
    const part = (matched(picture.root, search) * 100).toFixed(1);
    say(search === "" ? "" : `${part} % of ${picture.of} under frames with “${search}”`);
    redraw();
  });
  const svg = (): string =>
    toSvg(
      picture,
      flameOption(picture, placed, { theme: LIGHT, chosen, current: undefined, search }),
      height,
      source,
    );
  existing(".tools", place).append(
    field,
    whole,
    button("SVG", () => saveSvg(picture, svg()), "Save as a vector image"),
    button("PNG", () => void savePng(picture, svg()), "Save as an image"),
    button("CSV", () => saveCsv(picture), "Save as folded stacks"),
  );

  const seen = (): Placed[] => shown(placed, chosen);
  chart.on("click", (event) => {
    const one = seen()[event.dataIndex];
    if (one !== undefined) choose(one);
  });
  target.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      current = undefined;
      choose(root);
      return;
    }
    if (event.key === "Enter" && current !== undefined) {
      event.preventDefault();
      choose(current);
      return;
    }
    const next = walk(placed, current ?? root, event.key);
    if (next === undefined) return;
    event.preventDefault();
    current = next;
    if (!seen().includes(next)) chosen = next;
    say(describeFrame(next.frame, picture.root, picture.of));
    redraw();
  });
  redraw();
  onResize(target, redraw);
  return { redraw, show: () => {} };
}

/** The frames that are drawn, in the order in which they are drawn. */
function shown(placed: readonly Placed[], chosen: Placed): Placed[] {
  const callers = new Set<Placed>();
  for (let at = chosen.above; at !== undefined; at = at.above) callers.add(at);
  const end = chosen.start + chosen.frame.total;
  return placed.filter(
    (one) =>
      callers.has(one) ||
      (one.start >= chosen.start && one.start < end && one.depth >= chosen.depth),
  );
}

/** Up to the caller, down to the widest callee, left and right among the callees of one caller. */
function walk(placed: readonly Placed[], from: Placed, key: string): Placed | undefined {
  const callees = (of: Placed | undefined): Placed[] => placed.filter(({ above }) => above === of);
  const beside = callees(from.above);
  const index = beside.indexOf(from);
  if (key === "ArrowUp") return from.above;
  if (key === "ArrowDown") return callees(from)[0];
  if (key === "ArrowLeft") return beside[index - 1];
  return key === "ArrowRight" ? beside[index + 1] : undefined;
}

/** What the colours mean, for the kinds of code that occur. */
function kinds(placed: readonly Placed[], legend: HTMLElement): void {
  const there = new Set(placed.slice(1).map(({ frame }) => kindOf(frame.name)));
  const { dark } = themeNow();
  legend.replaceChildren(
    ...[...there].map(({ name, light, dark: darker }) => {
      const swatch = element("span", {
        class: "swatch",
        style: `background: ${dark ? darker : light}`,
      });
      return element("span", { class: "kind" }, swatch, name);
    }),
  );
}
