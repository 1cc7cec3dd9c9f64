import type { Notification } from "@pavilion/client";
import { create } from "./dom.js";
import { Item, type ItemHandlers } from "./item.js";
import type { Labels } from "./labels.js";

/** The list itself, after the ARIA feed pattern: articles that the arrow keys move between. */
export class Feed {
  readonly element: HTMLElement;
  readonly #items = new Map<string, Item>();
  #order: Item[] = [];
  #current: Item | null = null;
  #drawn = false;

  constructor(
    private readonly labels: Labels,
    private readonly locale: () => string | undefined,
    private readonly handlers: ItemHandlers,
  ) {
    this.element = create("div", { class: "feed", role: "feed", "aria-label": labels.heading });
    this.element.addEventListener("keydown", (event) => this.#key(event));
    this.element.addEventListener("focusin", (event) => {
      const item = this.#order.find(({ element }) => element.contains(event.target as Node));
      if (item !== undefined) this.#become(item);
    });
  }

  get size(): number {
    return this.#order.length;
  }

  /** Returns false if the list has become empty while focus was in it, and somebody else must take it. */
  render(notifications: readonly Notification[], complete: boolean): boolean {
    const focused = this.#order.findIndex(({ element }) => element.matches(":focus-within"));
    const order = notifications.map((notification) => this.#item(notification));
    const kept = new Set(order);
    for (const [id, item] of this.#items) {
      if (kept.has(item)) continue;
      item.element.remove();
      this.#items.delete(id);
    }
    let place = this.element.firstElementChild;
    for (const [index, { element }] of order.entries()) {
      if (element === place) place = place.nextElementSibling;
      else this.element.insertBefore(element, place);
      element.setAttribute("aria-posinset", String(index + 1));
      element.setAttribute("aria-setsize", complete ? String(order.length) : "-1");
    }
    this.#order = order;
    this.#drawn = true;
    if (this.#current === null || !kept.has(this.#current)) {
      const next = order[Math.min(Math.max(0, focused), order.length - 1)] ?? null;
      this.#become(next);
      if (focused >= 0) next?.element.focus();
    }
    return focused < 0 || order.length > 0;
  }

  /** Forget what was drawn: the next rendering is of another view, and nothing in it has just arrived. */
  reset(): void {
    this.#drawn = false;
  }

  focus(): void {
    this.#current?.element.focus();
  }

  tick(): void {
    for (const item of this.#order) item.tick(this.locale());
  }

  #item(notification: Notification): Item {
    let item = this.#items.get(notification.id);
    if (item === undefined) {
      item = new Item(this.labels, this.handlers);
      const newest = this.#order[0];
      const arrives = this.#drawn && (newest === undefined || notification.id > newest.item.id);
      if (arrives) item.element.classList.add("fresh");
      this.#items.set(notification.id, item);
    }
    item.update(notification, this.locale());
    return item;
  }

  #become(item: Item | null): void {
    if (item === this.#current) return;
    this.#current?.current(false);
    this.#current = item;
    item?.current(true);
  }

  #key(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey || this.#current === null) return;
    const at = this.#order.indexOf(this.#current);
    const onItem = event.target === this.#current.element;
    const move = { ArrowDown: at + 1, PageDown: at + 5, ArrowUp: at - 1, PageUp: at - 5, Home: 0, End: Infinity }[event.key];
    if (move !== undefined) {
      this.#order[Math.min(Math.max(0, move), this.#order.length - 1)]?.element.focus();
    } else if (event.key === "Enter" && onItem) this.#current.open();
    else if (event.key.toLowerCase() === "r") this.#current.toggleRead();
    else if (event.key.toLowerCase() === "e") this.#current.archive();
    else if (event.key === "Delete") this.#current.remove();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
