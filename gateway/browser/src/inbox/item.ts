import type { MarkState, Notification } from "@pavilion/client";
import { create, icon, setText, type Icon } from "./dom.js";
import type { Labels } from "./labels.js";
import { ago, full } from "./time.js";

export interface ItemHandlers {
  mark(item: Notification, state: MarkState): void;
  open(item: Notification): void;
}

const ICONS: Record<string, Icon> = {
  liked: "heart",
  commented: "speech",
  created: "speech",
  replied: "speech",
  shared: "share",
  followed: "person",
  mentioned: "at",
  tagged: "tag",
  uploaded: "film",
};

let made = 0;

/** One notification as an article. It is updated in place, so that focus stays where it is. */
export class Item {
  readonly element: HTMLElement;
  #shown: Notification | null = null;
  readonly #content = create("span", { class: "content", id: `content-${(made += 1)}` });
  readonly #time = create("time");
  readonly #avatar = create("span", { class: "avatar", "aria-hidden": "true" });
  readonly #kind = create("span", { class: "kind" });
  readonly #priority: HTMLElement;
  readonly #open = create("button", { class: "open", type: "button", tabindex: -1 }, this.#content);
  readonly #read = action("R");
  readonly #archive = action("E");
  readonly #remove = action("Delete");

  constructor(
    private readonly labels: Labels,
    private readonly handlers: ItemHandlers,
  ) {
    this.#priority = create("span", { class: "priority", hidden: true }, labels.important);
    const meta = create("div", { class: "meta", id: `${this.#content.id}-meta` }, this.#time, this.#priority);
    this.element = create(
      "article",
      {
        class: "item",
        part: "item",
        tabindex: -1,
        "aria-labelledby": this.#content.id,
        "aria-describedby": meta.id,
      },
      create("span", { class: "face" }, this.#avatar, this.#kind),
      create("div", { class: "text" }, this.#open, meta),
      create("div", { class: "actions" }, this.#read, this.#archive, this.#remove),
    );
    this.#archive.append(icon("box"));
    this.#remove.append(icon("bin"));
    this.#open.onclick = () => handlers.open(this.item);
    this.#read.onclick = () => this.toggleRead();
    this.#archive.onclick = () => this.archive();
    this.#remove.onclick = () => this.remove();
  }

  get item(): Notification {
    return this.#shown!;
  }

  open(): void {
    this.handlers.open(this.item);
  }

  toggleRead(): void {
    this.handlers.mark(this.item, this.item.read_at == null ? "read" : "unread");
  }

  archive(): void {
    if (this.item.archived_at == null) this.handlers.mark(this.item, "archived");
  }

  remove(): void {
    this.handlers.mark(this.item, "deleted");
  }

  update(item: Notification, locale: string | undefined): void {
    if (item === this.#shown) return;
    this.#shown = item;
    const unread = item.read_at == null;
    this.element.dataset["id"] = item.id;
    this.element.classList.toggle("unread", unread);
    setText(this.#content, item.content);
    this.#time.dateTime = item.created_at;
    this.#time.title = full(item.created_at, locale);
    this.tick(locale);
    this.#face(item);
    this.#priority.hidden = item.priority !== "high";
    name(this.#read, unread ? this.labels.markRead : this.labels.markUnread, item);
    this.#read.replaceChildren(icon(unread ? "check" : "dot"));
    name(this.#archive, this.labels.archive, item);
    this.#archive.hidden = item.archived_at != null;
    name(this.#remove, this.labels.remove, item);
  }

  /** Time has gone on. */
  tick(locale: string | undefined): void {
    setText(this.#time, ago(this.item.created_at, Date.now(), locale, this.labels.justNow));
  }

  /** Only the current item and its buttons are in the tab order: thirty others would be in the way. */
  current(is: boolean): void {
    const index = is ? 0 : -1;
    this.element.tabIndex = index;
    for (const button of [this.#open, this.#read, this.#archive, this.#remove]) button.tabIndex = index;
  }

  #face(item: Notification): void {
    const words = (item.actor?.name ?? this.labels.somebody).trim().split(/\s+/);
    const initials = words.slice(0, 2).map((word) => [...word][0] ?? "");
    setText(this.#avatar, initials.join("").toUpperCase());
    const sum = [...words.join(" ")].reduce((sum, letter) => sum + letter.codePointAt(0)! * 7, 0);
    this.#avatar.style.setProperty("--hue", String(sum % 360));
    this.#kind.replaceChildren(icon(ICONS[item.type.split(".")[1] ?? ""] ?? "bell"));
  }
}

function action(shortcut: string): HTMLButtonElement {
  return create("button", { class: "action", type: "button", tabindex: -1, "aria-keyshortcuts": shortcut });
}

function name(button: HTMLButtonElement, label: string, item: Notification): void {
  button.title = label;
  button.setAttribute("aria-label", `${label}: ${item.content}`);
}
