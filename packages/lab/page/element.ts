/** Creates elements in one expression. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string>> = {},
  ...inner: readonly (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...inner);
  return made;
}

export function button(text: string, act: () => void, title?: string): HTMLButtonElement {
  const made = element("button", { type: "button", ...(title && { title }) }, text);
  made.addEventListener("click", act);
  return made;
}

/** An element of the page. Its absence is a fault of the page, so it throws. */
export function existing(selector: string, within: ParentNode = document): HTMLElement {
  const found = within.querySelector<HTMLElement>(selector);
  if (found === null) throw new Error(`the page has no ${selector}`);
  return found;
}

/** Calls back when the width has changed, but not for the first observation, which follows the drawing. */
export function onResize(target: HTMLElement, redraw: () => void): void {
  let width = target.clientWidth;
  new ResizeObserver(() => {
    if (target.clientWidth === width) return;
    width = target.clientWidth;
    redraw();
  }).observe(target);
}
