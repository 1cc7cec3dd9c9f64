import type { View } from "@pavilion/client";
import { create, icon } from "./dom.js";
import type { Labels } from "./labels.js";

export const VIEWS: readonly View[] = ["all", "unread", "archived"];

/** The parts of the element that stay, by name. */
export interface Parts {
  bell: HTMLButtonElement;
  badge: HTMLElement;
  panel: HTMLElement;
  heading: HTMLElement;
  markAll: HTMLButtonElement;
  settings: HTMLButtonElement;
  tabs: Record<View, HTMLButtonElement>;
  tabRow: HTMLElement;
  notice: HTMLElement;
  noticeText: HTMLElement;
  noticeButton: HTMLButtonElement;
  scroll: HTMLElement;
  blank: HTMLElement;
  bones: HTMLElement;
  end: HTMLElement;
  status: HTMLElement;
  all: Node[];
}

export function build(labels: Labels, inline: boolean, feed: HTMLElement, pane: HTMLElement | null): Parts {
  const badge = create("span", { class: "badge", part: "badge", "aria-hidden": "true", hidden: true });
  const bell = create("button", { class: "bell", part: "bell", type: "button" }, icon("bell"), badge);
  const markAll = tool(icon("checks"), labels.markAllRead);
  markAll.classList.add("mark-all");
  const settings = tool(icon("gear"), "");
  settings.setAttribute("aria-label", labels.settings);
  settings.title = labels.settings;
  const tabs = Object.fromEntries(
    VIEWS.map((view) => [view, create("button", { type: "button", "data-view": view }, labels.views[view])]),
  ) as Record<View, HTMLButtonElement>;
  const tabRow = create("div", { class: "tabs", role: "group", "aria-label": labels.whichView }, ...VIEWS.map((view) => tabs[view]));
  const noticeText = create("span");
  const noticeButton = create("button", { class: "button", type: "button" });
  const notice = create("div", { class: "notice", role: "status", hidden: true }, noticeText, noticeButton);
  const blank = create("div", { class: "blank", hidden: true });
  const bone = () => create("div", {}, create("i"), create("i"), create("i"));
  const bones = create(
    "div",
    { class: "bones", role: "progressbar", "aria-label": labels.loading, hidden: true },
    ...Array.from({ length: 5 }, bone),
  );
  const end = create("div", { class: "end" });
  const scroll = create("div", { class: "scroll" }, feed, blank, bones, end, ...(pane ? [pane] : []));
  settings.hidden = pane === null;
  const heading = create("h2", { id: "heading" }, labels.heading);
  const top = create("div", { class: "top" }, heading, markAll, settings);
  const panel = create(
    "section",
    { class: "panel", part: "panel", id: "panel", "aria-labelledby": "heading", tabindex: -1 },
    top,
    tabRow,
    notice,
    scroll,
  );
  const status = create("p", { class: "unseen-text", role: "status", "aria-live": "polite" });
  if (!inline) {
    panel.setAttribute("role", "dialog");
    // In the top layer nothing of the page can clip, cover or shift it.
    panel.setAttribute("popover", "manual");
    bell.setAttribute("aria-haspopup", "dialog");
    bell.setAttribute("aria-controls", "panel");
  }
  bell.hidden = inline;
  const all = [bell, panel, status];
  return { bell, badge, panel, heading, markAll, settings, tabs, tabRow, notice, noticeText, noticeButton, scroll, blank, bones, end, status, all };
}

function tool(picture: SVGSVGElement, label: string): HTMLButtonElement {
  return create("button", { class: "tool", type: "button" }, picture, ...(label ? [create("span", {}, label)] : []));
}

const GAP = 8;

/** Put the panel under the bell, its end at the bell's end, and inside the window. */
export function place({ bell, panel }: Parts): void {
  const { left, right, bottom } = bell.getBoundingClientRect();
  const start = getComputedStyle(bell).direction === "rtl" ? left : right - panel.offsetWidth;
  const most = document.documentElement.clientWidth - panel.offsetWidth - GAP;
  panel.style.setProperty("--_left", `${Math.max(GAP, Math.min(start, most))}px`);
  panel.style.setProperty("--_top", `${Math.max(GAP, bottom + GAP)}px`);
}
