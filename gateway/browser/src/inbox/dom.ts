/** Building elements without markup: everything that comes from data is set as text. */

type Attributes = Record<string, string | boolean | number>;

export function create<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false) element.setAttribute(name, String(value));
  }
  element.append(...children);
  return element;
}

const PATHS = {
  bell: "M6 9a6 6 0 1 1 12 0c0 5 2 6.5 2 6.5H4S6 14 6 9ZM10 19a2.2 2.2 0 0 0 4 0",
  check: "m5 12.5 4.5 4.5L19 7.5",
  checks: "m2.5 12.5 4 4L15 7.5M11.5 16 12 16.5 21 7.5",
  dot: "M12 7.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0 -9",
  box: "M4 5h16v4H4zM5.5 9v10h13V9M10 13h4",
  bin: "M5 7h14M10 7V4.5h4V7M7 7l.8 12.5h8.4L17 7",
  heart: "M12 20s-7.5-4.6-7.5-10A4.2 4.2 0 0 1 12 7.4 4.2 4.2 0 0 1 19.5 10C19.5 15.4 12 20 12 20Z",
  speech: "M4.5 5.5h15v10.5h-8L7 20v-4H4.5Z",
  share: "M14 5l6 5.5-6 5.5v-3.5c-5 0-8 1.5-10 5 .5-6 4-9 10-9Z",
  person: "M12 4a4 4 0 1 0 0 8a4 4 0 1 0 0-8M4.5 20c1-4 4-5.5 7.5-5.5s6.5 1.5 7.5 5.5",
  at: "M12 8.5a3.5 3.5 0 1 0 0 7a3.5 3.5 0 1 0 0-7M15.5 8.5v5a2.2 2.2 0 0 0 4.4 0V12a8 8 0 1 0-3.2 6.4",
  tag: "M4 4h8l8 8-8 8-8-8ZM8.2 8.2h.01",
  film: "M4 5.5h16v13H4ZM10 9l5 3-5 3Z",
  gear: "M4 7h9M17 7h3M4 17h3M11 17h9M15 4.5a2.5 2.5 0 1 0 0 5a2.5 2.5 0 1 0 0-5M9 14.5a2.5 2.5 0 1 0 0 5a2.5 2.5 0 1 0 0-5",
  back: "M14.5 5.5 8 12l6.5 6.5",
} as const;

export type Icon = keyof typeof PATHS;

const SVG = "http://www.w3.org/2000/svg";

export function icon(name: Icon): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  svg.append(path);
  return svg;
}

/** Change a text only if it differs: a live region speaks each time it is written. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
