/** A button for each series, with its line and symbol, which switches the series on and off. */
import { SUBJECT } from "#lab/report/look.js";
import { element } from "./element.js";
import { colourOf, symbolOf, type Theme } from "./theme.js";

export interface Entry {
  readonly name: string;
  readonly runtime: string;
  readonly dashed?: boolean;
  readonly open?: boolean;
}

export function legend(
  entries: readonly Entry[],
  hidden: ReadonlySet<string>,
  theme: Theme,
  toggle: (name: string) => void,
): HTMLButtonElement[] {
  return entries.map((entry) => {
    const { name, runtime } = entry;
    const made = element("button", {
      type: "button",
      class: runtime === SUBJECT ? "chip subject" : "chip",
      "aria-pressed": String(!hidden.has(name)),
      "data-name": name,
    });
    made.innerHTML = swatch(entry, theme);
    made.append(name);
    made.addEventListener("click", () => toggle(name));
    return made;
  });
}

function swatch({ runtime, dashed = false, open = false }: Entry, theme: Theme): string {
  const colour = colourOf(runtime, theme);
  const width = runtime === SUBJECT ? 4 : 2;
  const dashes = dashed ? ' stroke-dasharray="5 3"' : "";
  const fill = dashed || open ? theme.page : colour;
  return (
    `<svg width="30" height="14" viewBox="0 0 30 14" aria-hidden="true" focusable="false">` +
    `<path d="M1 7H29" stroke="${colour}" stroke-width="${width}"${dashes}/>` +
    `<path d="${SHAPES[symbolOf(runtime)]}" fill="${fill}" stroke="${colour}" stroke-width="1.5"/></svg>`
  );
}

const SHAPES: Readonly<Record<ReturnType<typeof symbolOf>, string>> = {
  circle: "M11 7a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z",
  rect: "M11.5 3.5h7v7h-7z",
  roundRect:
    "M13 3.5h4a1.5 1.5 0 0 1 1.5 1.5v4a1.5 1.5 0 0 1 -1.5 1.5h-4a1.5 1.5 0 0 1 -1.5 -1.5v-4a1.5 1.5 0 0 1 1.5 -1.5z",
  triangle: "M15 3l4.5 8h-9z",
  diamond: "M15 2.5l4.5 4.5l-4.5 4.5l-4.5 -4.5z",
  arrow: "M15 2.5l4 9l-4 -2.5l-4 2.5z",
  pin: "M15 12l-3.2 -5a3.6 3.6 0 1 1 6.4 0z",
};
