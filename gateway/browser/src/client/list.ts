import { Backoff } from "./backoff.js";
import { changed, counted, covers } from "./changes.js";
import type { Change, Client } from "./client.js";
import { Emitter } from "./emitter.js";
import { askedToWait, isTransient } from "./errors.js";
import type { MarkState } from "./marks.js";
import type { Counts, ListOptions } from "./rest.js";
import type { Notification } from "./types.js";

export type View = "all" | "unread" | "archived";

export interface ListEvents {
  /** Anything that is shown may be different now. */
  change: void;
  /** A notification came live (and is in the list already). */
  arrival: Notification;
  /** A change was taken back, since the gateway refused it. */
  refused: { state: MarkState; error: unknown };
}

/** A change that shows already, until its own `change` event comes or the gateway refuses it. */
interface Pending {
  change: Change;
  timer: ReturnType<typeof setTimeout> | null;
}

type Live = { notification: Notification } | { change: Change };

const LARGEST_PAGE = 200;
const FALLBACK = 3_000;
const ECHO_LIMIT = 5_000;
/** So many arrivals after a load make the list begin anew: a page that is left open for a week stays small. */
const MOST_ARRIVALS = 500;
const RETRY_FIRST = 1_000;
const RETRY_LONGEST = 30_000;

/**
 * The inbox as a list, newest first: loaded page by page, kept up to date, and changed at once when the user acts; what
 * the gateway refuses is taken back.
 */
export class InboxList {
  /** `failed`: the list could not be loaded; `error` says why. While `retrying` it is tried again by itself. */
  status: "loading" | "ready" | "failed" = "loading";
  error: unknown = null;
  retrying = false;
  /** A further page is being loaded, or could not be. */
  more: "idle" | "loading" | "failed" = "idle";

  #view: View;
  #next: string | null = null;
  #newest = "";
  #arrivals = 0;
  #loading: object | null = null;
  /** The last load failed: the list may lack what the position has moved past. */
  #stale = false;
  #waiting: Live[] = [];
  #shown: Notification[] | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  readonly #items = new Map<string, Notification>();
  readonly #pending: Pending[] = [];
  readonly #events = new Emitter<ListEvents>();
  readonly #retry: Backoff;
  readonly #offs: (() => void)[];

  constructor(
    readonly client: Client,
    options: { view?: View; pageSize?: number; random?: () => number } = {},
  ) {
    this.#view = options.view ?? "all";
    this.pageSize = options.pageSize ?? 30;
    this.#retry = new Backoff(RETRY_FIRST, RETRY_LONGEST, options.random ?? Math.random);
    this.#offs = [
      client.on("reload", () => void this.reload()),
      client.on("notification", (notification) => this.#live({ notification })),
      client.on("change", (change) => this.#live({ change })),
      client.on("counts", () => this.#render()),
      client.on("status", () => this.#connected()),
    ];
    // Usually the socket connects, and asks for the list. If it cannot, as behind a proxy without WebSockets, REST may.
    this.#timer = setTimeout(() => void this.reload(), client.status.state === "live" ? 0 : FALLBACK);
  }

  readonly pageSize: number;

  on<Name extends keyof ListEvents>(name: Name, listener: (value: ListEvents[Name]) => void): () => void {
    return this.#events.on(name, listener);
  }

  close(): void {
    for (const off of this.#offs) off();
    this.#loading = null;
    this.#later(null);
    for (const { timer } of this.#pending) if (timer !== null) clearTimeout(timer);
  }

  get view(): View {
    return this.#view;
  }

  set view(view: View) {
    if (view === this.#view) return;
    this.#view = view;
    this.#items.clear();
    this.#next = null;
    void this.reload();
  }

  /** There is a page after the last one. */
  get hasMore(): boolean {
    return this.#next !== null;
  }

  /** The id of the newest that was ever here; empty if none was. */
  get newest(): string {
    return this.#newest;
  }

  /** What this view shows, newest first. */
  get items(): readonly Notification[] {
    this.#shown ??= [...this.#items.values()]
      .map((item) => this.#after(item))
      .filter((item): item is Notification => item !== null && this.#shows(item))
      .sort((a, b) => (a.id < b.id ? 1 : -1));
    return this.#shown;
  }

  /** The exact counts, and what the changes on their way will make of them. */
  get counts(): Counts {
    const counts = { ...this.client.counts };
    if (this.#pending.length === 0) return counts;
    for (const item of this.#items.values()) {
      const before = counted(item), after = counted(this.#after(item)); // prettier-ignore
      counts.unseen += after.unseen - before.unseen;
      counts.unread += after.unread - before.unread;
    }
    for (const { change } of this.#pending) {
      if (change.up_to == null || change.up_to < this.#newest) continue;
      if (change.state !== "unread") counts.unseen = 0; // also what is not loaded
      if (change.state !== "unread" && change.state !== "seen") counts.unread = 0;
    }
    return { unseen: Math.max(0, counts.unseen), unread: Math.max(0, counts.unread) };
  }

  // -- loading

  /** The whole list again, as long as it was. What comes live meanwhile is applied after it. */
  async reload(): Promise<void> {
    const current = (this.#loading = {});
    const size = Math.min(LARGEST_PAGE, this.#arrivals > MOST_ARRIVALS ? 0 : this.#items.size);
    this.#later(null);
    this.#waiting = [];
    this.more = "idle";
    if (this.#items.size === 0) this.status = "loading";
    this.#render();
    try {
      const page = await this.client.rest.list(this.#query({ limit: Math.max(this.pageSize, size) }));
      if (this.#loading !== current) return;
      this.#items.clear();
      this.#arrivals = 0;
      this.#stale = false;
      this.#loaded(page.data, page.page.next);
    } catch (error) {
      if (this.#loading === current) this.#failed(error);
    }
  }

  /** The next page, if there is one and none is on its way. */
  async loadMore(): Promise<void> {
    if (this.#next === null || this.#loading !== null) return;
    const current = (this.#loading = {});
    this.more = "loading";
    this.#render();
    try {
      const page = await this.client.rest.list(this.#query({ limit: this.pageSize, cursor: this.#next }));
      if (this.#loading === current) this.#loaded(page.data, page.page.next);
    } catch (error) {
      if (this.#loading !== current) return;
      this.error = error;
      this.more = "failed";
      this.#settle();
    }
  }

  #query(query: ListOptions): ListOptions {
    return this.#view === "all" ? query : { ...query, state: this.#view };
  }

  #loaded(data: readonly Notification[], next: string | null): void {
    for (const item of data) this.#put(item);
    this.#next = next;
    this.status = "ready";
    this.more = "idle";
    this.error = null;
    this.retrying = false;
    this.#retry.reset();
    this.#settle();
  }

  #failed(error: unknown): void {
    this.error = error;
    this.#stale = true;
    this.status = this.#items.size === 0 ? "failed" : "ready";
    this.retrying = isTransient(error);
    const wait = askedToWait(error) + this.#retry.next() + RETRY_FIRST;
    if (this.retrying) this.#later(setTimeout(() => void this.reload(), wait));
    this.#settle();
  }

  #settle(): void {
    this.#loading = null;
    for (const live of this.#waiting.splice(0)) this.#apply(live);
    this.#render();
  }

  #connected(): void {
    const { state } = this.client.status;
    if (state === "live" && this.#loading === null && (this.status !== "ready" || this.#stale)) void this.reload();
    else this.#render();
  }

  #later(timer: ReturnType<typeof setTimeout> | null): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = timer;
  }

  // -- what happens

  #live(live: Live): void {
    if (this.#loading === null) this.#apply(live);
    else if (this.#waiting.push(live) > MOST_ARRIVALS) void this.reload();
    this.#render();
    if ("notification" in live) this.#events.emit("arrival", live.notification);
  }

  #apply(live: Live): void {
    if ("notification" in live) {
      this.#put(live.notification);
      this.#arrivals += 1;
      if (this.#arrivals > MOST_ARRIVALS) void this.reload();
      return;
    }
    const { change } = live;
    this.#change(change);
    this.#forget((pending) => pending.change.id === change.id);
    // What this view does not hold may belong into it now.
    const joins = change.state === this.#view && !change.notifications?.every((id) => this.#items.has(id));
    if (joins) this.#later(setTimeout(() => void this.reload(), 0));
  }

  #put(item: Notification): void {
    this.#items.set(item.id, item);
    if (item.id > this.#newest && this.#view !== "archived") this.#newest = item.id;
  }

  #change(change: Change): void {
    for (const item of this.#items.values()) {
      if (!covers(change, item.id)) continue;
      const after = changed(item, change);
      if (after === null) this.#items.delete(item.id);
      else this.#items.set(item.id, after);
    }
  }

  // -- what the user does

  /** Raises what refused it, after the change was taken back. */
  mark(state: MarkState, ids: readonly string[]): Promise<void> {
    return this.#mark(state, { notifications: [...ids] });
  }

  /** Everything up to the newest that was ever here, so also what is not loaded. */
  async markAll(state: MarkState): Promise<void> {
    if (this.#newest === "") this.#newest = (await this.client.rest.list({ limit: 1 })).data[0]?.id ?? "";
    if (this.#newest !== "") await this.#mark(state, { upTo: this.#newest });
  }

  async #mark(state: MarkState, which: { notifications: string[] } | { upTo: string }): Promise<void> {
    const id = this.client.newId();
    const named = "upTo" in which ? { up_to: which.upTo } : which;
    const pending: Pending = { change: { id, state, at: new Date().toISOString(), ...named }, timer: null };
    this.#pending.push(pending);
    this.#render();
    try {
      await this.client.mark(state, which, id);
      // The counts come with the event of this change, by another way than the answer: it stays pending until then.
      if (this.#pending.includes(pending)) pending.timer = setTimeout(() => this.#keep(pending), ECHO_LIMIT);
    } catch (error) {
      this.#forget((other) => other === pending);
      this.#events.emit("refused", { state, error });
      throw error;
    }
  }

  /** It was answered, though its event has not come (a reload, say, has covered it). */
  #keep(pending: Pending): void {
    this.#change(pending.change);
    this.#forget((other) => other === pending);
  }

  #forget(gone: (pending: Pending) => boolean): void {
    for (const pending of this.#pending.filter(gone)) {
      if (pending.timer !== null) clearTimeout(pending.timer);
      this.#pending.splice(this.#pending.indexOf(pending), 1);
    }
    this.#render();
  }

  /** As it will be when everything on its way has been answered. */
  #after(item: Notification): Notification | null {
    let after: Notification | null = item;
    for (const { change } of this.#pending) if (after !== null && covers(change, after.id)) after = changed(after, change);
    return after;
  }

  #shows(item: Notification): boolean {
    if (this.#view === "archived") return item.archived_at != null;
    return item.archived_at == null && (this.#view === "all" || item.read_at == null);
  }

  #render(): void {
    this.#shown = null;
    this.#events.emit("change", undefined);
  }
}
