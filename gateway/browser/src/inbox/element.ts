import { InboxList, isTransient, type Client, type MarkState, type Notification, type View } from "@pavilion/client";
import { create, icon, setText } from "./dom.js";
import { Feed } from "./feed.js";
import { ENGLISH, type Labels } from "./labels.js";
import { Notices } from "./notices.js";
import { Settings } from "./settings.js";
import { styles } from "./styles.js";
import { build, place, VIEWS, type Parts } from "./view.js";

const TICK = 30_000;
const SPEAK_AFTER = 700;
const SEEN_AFTER = 1_000;

/**
 * `<pavilion-inbox>`: a bell with the number of unread notifications, and a panel with the list. Give it a `client`.
 *
 * Attributes: `inline` (the panel in the page, without the bell), `open`, `theme` (light or dark; else what the system
 * prefers), `view` (all, unread or archived), `preferences` (with what the user wants to be told). Events: `pavilion-open` (a notification was chosen; unless prevented it is
 * marked read), `pavilion-toggle`. Styling: custom properties `--pavilion-…`, parts bell, badge, panel and item.
 */
export class PavilionInbox extends HTMLElement {
  static readonly observedAttributes = ["inline", "open", "preferences", "view"];

  #client: Client | null = null;
  #labels: Labels = ENGLISH;
  #list: InboxList | null = null;
  #parts: Parts | null = null;
  #feed: Feed | null = null;
  #settings: Settings | null = null;
  #ends: (() => void)[] = [];
  #arrived: Notification[] = [];
  #seen = "";
  #seenTimer: ReturnType<typeof setTimeout> | null = null;
  #pending = false;
  readonly #root = this.attachShadow({ mode: "open" });

  get client(): Client | null {
    return this.#client;
  }

  set client(client: Client | null) {
    this.#client = client;
    this.#restart();
  }

  get labels(): Labels {
    return this.#labels;
  }

  /** Any of the texts, in another language. */
  set labels(labels: Partial<Labels>) {
    this.#labels = { ...ENGLISH, ...labels };
    this.#restart();
  }

  get open(): boolean {
    return this.hasAttribute("open");
  }

  set open(open: boolean) {
    this.toggleAttribute("open", open);
  }

  get inline(): boolean {
    return this.hasAttribute("inline");
  }

  get view(): View {
    return VIEWS.find((view) => view === this.getAttribute("view")) ?? "all";
  }

  set view(view: View) {
    this.setAttribute("view", view);
  }

  connectedCallback(): void {
    this.#root.adoptedStyleSheets = [styles()];
    this.#start();
  }

  disconnectedCallback(): void {
    this.#end();
  }

  attributeChangedCallback(name: string, before: string | null, now: string | null): void {
    if (before === now || this.#parts === null) return;
    if (name === "inline" || name === "preferences") this.#restart();
    else if (name === "open") this.#toggled();
    else if (this.#list !== null) {
      this.#feed?.reset();
      this.#list.view = this.view;
    }
  }

  // -- life

  #restart(): void {
    if (!this.isConnected) return;
    this.#end();
    this.#start();
  }

  #start(): void {
    const labels = this.#labels;
    this.#feed = new Feed(labels, () => this.#locale, {
      mark: (item, state) => this.#mark(item, state),
      open: (item) => this.#choose(item),
    });
    const rest = this.hasAttribute("preferences") ? this.#client?.rest : undefined;
    this.#settings = rest === undefined ? null : new Settings(rest, labels);
    const parts = (this.#parts = build(labels, this.inline, this.#feed.element, this.#settings?.element ?? null));
    this.#root.replaceChildren(...parts.all);
    parts.bell.onclick = () => (this.open = !this.open);
    parts.markAll.onclick = () => void this.#list?.markAll("read").catch(() => undefined);
    parts.settings.onclick = () => this.#turn();
    for (const view of VIEWS) parts.tabs[view].onclick = () => (this.view = view);
    parts.panel.onkeydown = (event) => this.#key(event);
    this.#listen(parts);
    if (this.#client !== null) this.#follow(this.#client, parts);
    this.#render();
    this.#show();
  }

  #end(): void {
    for (const end of this.#ends.splice(0)) end();
    if (this.#seenTimer !== null) clearTimeout(this.#seenTimer);
    this.#seenTimer = null;
    this.#list?.close();
    this.#list = null;
  }

  #listen(parts: Parts): void {
    const outside = (event: Event) => {
      if (!this.inline && this.open && !event.composedPath().includes(this)) this.open = false;
    };
    const left = ({ relatedTarget }: FocusEvent) => {
      if (!this.inline && relatedTarget instanceof Node && !this.contains(relatedTarget)) this.open = false;
    };
    const shown = () => this.#see();
    const moved = () => !this.inline && this.open && place(parts);
    document.addEventListener("pointerdown", outside);
    document.addEventListener("visibilitychange", shown);
    addEventListener("scroll", moved, { passive: true, capture: true });
    addEventListener("resize", moved, { passive: true });
    this.addEventListener("focusout", left);
    const tick = setInterval(() => this.#feed?.tick(), TICK);
    const near = new IntersectionObserver(([entry]) => entry?.isIntersecting && void this.#list?.loadMore(), {
      root: this.inline ? null : parts.scroll,
      rootMargin: "200px",
    });
    near.observe(parts.end);
    this.#ends.push(
      () => document.removeEventListener("pointerdown", outside),
      () => document.removeEventListener("visibilitychange", shown),
      () => removeEventListener("scroll", moved, { capture: true }),
      () => removeEventListener("resize", moved),
      () => this.removeEventListener("focusout", left),
      () => clearInterval(tick),
      () => near.disconnect(),
    );
  }

  #follow(client: Client, parts: Parts): void {
    const list = (this.#list = new InboxList(client, { view: this.view }));
    const notices = new Notices(client, this.#labels, parts);
    this.#ends.push(
      list.on("change", () => this.#renderSoon()),
      list.on("arrival", (notification) => this.#speak(notification)),
      list.on("refused", ({ state, error }) => state === "seen" || notices.refused(error)),
      () => notices.close(),
    );
  }

  get #locale(): string | undefined {
    return this.closest("[lang]")?.getAttribute("lang") || undefined;
  }

  // -- what the user does

  #mark(item: Notification, state: MarkState): void {
    this.#list?.mark(state, [item.id]).catch(() => undefined); // the notice says so
  }

  #choose(item: Notification): void {
    const event = new CustomEvent("pavilion-open", {
      detail: { notification: item },
      bubbles: true,
      composed: true,
      cancelable: true,
    });
    if (this.dispatchEvent(event) && item.read_at == null) this.#mark(item, "read");
  }

  #key(event: KeyboardEvent): void {
    if (event.key === "Escape" && !this.inline && this.open) {
      event.stopPropagation();
      this.open = false;
      this.#parts?.bell.focus();
    } else if (event.key === "ArrowDown" && event.target === this.#parts?.panel) {
      event.preventDefault();
      this.#feed?.focus();
    }
  }

  /** Between the list and the settings. */
  #turn(): void {
    const { heading, settings, tabRow, markAll, end } = this.#parts!, pane = this.#settings!.element; // prettier-ignore
    pane.hidden = !pane.hidden;
    const listed = pane.hidden;
    for (const part of [tabRow, markAll, end, this.#feed!.element]) part.hidden = !listed;
    const label = listed ? this.#labels.settings : this.#labels.back;
    setText(heading, listed ? this.#labels.heading : this.#labels.settings);
    settings.title = label;
    settings.setAttribute("aria-label", label);
    settings.replaceChildren(icon(listed ? "gear" : "back"));
    if (!listed) void this.#settings!.load();
    this.#render();
  }

  #toggled(): void {
    this.#show();
    if (this.open && !this.inline) this.#parts?.panel.focus();
    this.dispatchEvent(new CustomEvent("pavilion-toggle", { detail: { open: this.open }, bubbles: true, composed: true }));
  }

  // -- what shows

  get #visible(): boolean {
    return (this.inline || this.open) && document.visibilityState === "visible";
  }

  #show(): void {
    const { bell, panel } = this.#parts!;
    panel.hidden = !this.inline && !this.open;
    if (!this.inline && panel.matches(":popover-open") !== this.open) panel.togglePopover(this.open);
    if (!panel.hidden && !this.inline) place(this.#parts!);
    bell.setAttribute("aria-expanded", String(this.open));
    this.#see();
  }

  /** Many frames in one go are drawn once. */
  #renderSoon(): void {
    if (this.#pending) return;
    this.#pending = true;
    queueMicrotask(() => {
      this.#pending = false;
      if (this.#list !== null) this.#render();
    });
  }

  #render(): void {
    const parts = this.#parts!, feed = this.#feed!, list = this.#list, labels = this.#labels; // prettier-ignore
    const items = list?.items ?? [];
    const { unread } = list?.counts ?? { unread: 0 };
    setText(parts.badge, unread > 99 ? "99+" : String(unread));
    parts.badge.hidden = unread === 0;
    parts.bell.setAttribute("aria-label", labels.bell(unread));
    parts.markAll.disabled = unread === 0;
    for (const view of VIEWS) parts.tabs[view].setAttribute("aria-pressed", String(view === this.view));
    const loading = list !== null && list.status === "loading";
    const listed = this.#settings?.element.hidden !== false;
    feed.element.setAttribute("aria-busy", String(loading || list?.more === "loading"));
    parts.bones.hidden = !listed || !loading || items.length > 0;
    if (!loading || items.length > 0) {
      if (!feed.render(items, list?.hasMore === false)) parts.panel.focus();
    } else feed.render([], false);
    this.#blank(parts, list, listed && items.length === 0 && !loading);
    this.#more(parts, list);
    this.#see();
  }

  #blank({ blank }: Parts, list: InboxList | null, empty: boolean): void {
    blank.hidden = !empty || list === null;
    if (blank.hidden || list === null) return blank.replaceChildren();
    const { labels } = this;
    if (list.status === "failed") {
      const again = create("button", { class: "button", type: "button" }, labels.tryAgain);
      again.onclick = () => void list.reload();
      blank.replaceChildren(icon("bell"), create("strong", { role: "alert" }, labels.failed));
      if (this.#client?.status.state !== "closed") blank.append(again);
    } else {
      const hint = create("span", {}, labels.emptyHint[this.view]);
      blank.replaceChildren(icon(this.view === "archived" ? "box" : "bell"), create("strong", {}, labels.empty[this.view]), hint);
    }
  }

  #more({ end }: Parts, list: InboxList | null): void {
    const more = list?.more ?? "idle";
    if (end.dataset["more"] === more) return;
    end.dataset["more"] = more;
    if (more === "loading") end.replaceChildren(create("span", { class: "spin" }));
    else if (more === "failed") {
      const again = create("button", { class: "button", type: "button" }, this.#labels.tryAgain);
      again.onclick = () => void list?.loadMore();
      end.replaceChildren(create("span", { role: "alert" }, this.#labels.moreFailed), again);
    } else end.replaceChildren();
  }

  /** What can be seen is seen: told once for each newest one, a moment after it shows. */
  #see(): void {
    const list = this.#list;
    if (this.#seenTimer !== null || list === null || !this.#visible) return;
    if (list.counts.unseen === 0 || list.newest === "" || list.newest === this.#seen) return;
    this.#seenTimer = setTimeout(() => {
      this.#seenTimer = null;
      if (!this.#visible || list !== this.#list) return;
      this.#seen = list.newest;
      list.markAll("seen").catch((error: unknown) => isTransient(error) && (this.#seen = ""));
    }, SEEN_AFTER);
  }

  /** Tell screen readers what arrived; a burst is told as a number. */
  #speak(notification: Notification): void {
    if (this.#arrived.push(notification) > 1) return;
    setTimeout(() => {
      const arrived = this.#arrived.splice(0);
      if (this.#parts !== null) setText(this.#parts.status, this.#labels.arrived(arrived.length, arrived[0]?.content ?? ""));
    }, SPEAK_AFTER);
  }
}
