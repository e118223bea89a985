/** The current colours: those of the style sheet for the page, and a runtime's own for its series. */
import { type Look, lookOf } from "#lab/report/look.js";

export interface Theme {
  readonly dark: boolean;
  readonly text: string;
  readonly faint: string;
  readonly line: string;
  readonly page: string;
}

export const LIGHT: Theme = {
  dark: false,
  text: "#1b1f24",
  faint: "#59616b",
  line: "#d8dde3",
  page: "#ffffff",
};

const DARK: Theme = {
  dark: true,
  text: "#eceff3",
  faint: "#a7b0bb",
  line: "#343b44",
  page: "#12151a",
};

const scheme = matchMedia("(prefers-color-scheme: dark)");

export const themeNow = (): Theme => (scheme.matches ? DARK : LIGHT);

export function onThemeChange(redraw: () => void): void {
  scheme.addEventListener("change", redraw);
}

export function colourOf(runtime: string, theme: Theme): string {
  const look = lookOf(runtime);
  return theme.dark ? look.dark : look.light;
}

export const symbolOf = (runtime: string): Look["symbol"] => lookOf(runtime).symbol;

/** Without quotes, because it is used in attributes of SVG too. */
export const FONT = "system-ui, -apple-system, Segoe UI, Roboto, DejaVu Sans, sans-serif";

export const tooltipStyle = (theme: Theme): object => ({
  confine: true,
  // Nothing on the page moves by itself.
  transitionDuration: 0,
  showDelay: 0,
  backgroundColor: theme.page,
  borderColor: theme.line,
  textStyle: { color: theme.text, fontSize: 13 },
});
