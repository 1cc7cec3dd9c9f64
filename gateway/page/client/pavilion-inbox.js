import { messageOf as k, InboxList as H, isTransient as P } from "./pavilion-client.js";
function n(a, e = {}, ...t) {
  const i = document.createElement(a);
  for (const [s, r] of Object.entries(e))
    r === !0 ? i.setAttribute(s, "") : r !== !1 && i.setAttribute(s, String(r));
  return i.append(...t), i;
}
const F = {
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
  back: "M14.5 5.5 8 12l6.5 6.5"
}, q = "http://www.w3.org/2000/svg";
function u(a) {
  const e = document.createElementNS(q, "svg"), t = document.createElementNS(q, "path");
  return t.setAttribute("d", F[a]), e.setAttribute("viewBox", "0 0 24 24"), e.setAttribute("class", `icon icon-${a}`), e.setAttribute("aria-hidden", "true"), e.append(t), e;
}
function c(a, e) {
  a.textContent !== e && (a.textContent = e);
}
const j = [
  ["minute", 60, 60],
  ["hour", 3600, 24],
  ["day", 86400, 1 / 0]
], $ = 7 * 86400, U = 45;
function W(a, e, t, i) {
  const s = Date.parse(a), r = (e - s) / 1e3;
  if (!(r >= U)) return i;
  if (r >= $) return new Intl.DateTimeFormat(t, { dateStyle: "medium" }).format(s);
  const [l, o] = j.find(([, d, f]) => Math.round(r / d) < f);
  return new Intl.RelativeTimeFormat(t, { numeric: "auto" }).format(-Math.round(r / o), l);
}
function V(a, e) {
  return new Intl.DateTimeFormat(e, { dateStyle: "full", timeStyle: "short" }).format(Date.parse(a));
}
const Y = {
  liked: "heart",
  commented: "speech",
  created: "speech",
  replied: "speech",
  shared: "share",
  followed: "person",
  mentioned: "at",
  tagged: "tag",
  uploaded: "film"
};
let Z = 0;
class B {
  constructor(e, t) {
    this.labels = e, this.handlers = t, this.#r = n("span", { class: "priority", hidden: !0 }, e.important);
    const i = n("div", { class: "meta", id: `${this.#t.id}-meta` }, this.#e, this.#r);
    this.element = n(
      "article",
      {
        class: "item",
        part: "item",
        tabindex: -1,
        "aria-labelledby": this.#t.id,
        "aria-describedby": i.id
      },
      n("span", { class: "face" }, this.#i, this.#n),
      n("div", { class: "text" }, this.#a, i),
      n("div", { class: "actions" }, this.#h, this.#l, this.#o)
    ), this.#l.append(u("box")), this.#o.append(u("bin")), this.#a.onclick = () => t.open(this.item), this.#h.onclick = () => this.toggleRead(), this.#l.onclick = () => this.archive(), this.#o.onclick = () => this.remove();
  }
  element;
  #s = null;
  #t = n("span", { class: "content", id: `content-${Z += 1}` });
  #e = n("time");
  #i = n("span", { class: "avatar", "aria-hidden": "true" });
  #n = n("span", { class: "kind" });
  #r;
  #a = n("button", { class: "open", type: "button", tabindex: -1 }, this.#t);
  #h = w("R");
  #l = w("E");
  #o = w("Delete");
  get item() {
    return this.#s;
  }
  open() {
    this.handlers.open(this.item);
  }
  toggleRead() {
    this.handlers.mark(this.item, this.item.read_at == null ? "read" : "unread");
  }
  archive() {
    this.item.archived_at == null && this.handlers.mark(this.item, "archived");
  }
  remove() {
    this.handlers.mark(this.item, "deleted");
  }
  update(e, t) {
    if (e === this.#s) return;
    this.#s = e;
    const i = e.read_at == null;
    this.element.dataset.id = e.id, this.element.classList.toggle("unread", i), c(this.#t, e.content), this.#e.dateTime = e.created_at, this.#e.title = V(e.created_at, t), this.tick(t), this.#d(e), this.#r.hidden = e.priority !== "high", y(this.#h, i ? this.labels.markRead : this.labels.markUnread, e), this.#h.replaceChildren(u(i ? "check" : "dot")), y(this.#l, this.labels.archive, e), this.#l.hidden = e.archived_at != null, y(this.#o, this.labels.remove, e);
  }
  /** Time has gone on. */
  tick(e) {
    c(this.#e, W(this.item.created_at, Date.now(), e, this.labels.justNow));
  }
  /** Only the current item and its buttons are in the tab order: thirty others would be in the way. */
  current(e) {
    const t = e ? 0 : -1;
    this.element.tabIndex = t;
    for (const i of [this.#a, this.#h, this.#l, this.#o]) i.tabIndex = t;
  }
  #d(e) {
    const t = (e.actor?.name ?? this.labels.somebody).trim().split(/\s+/), i = t.slice(0, 2).map((r) => [...r][0] ?? "");
    c(this.#i, i.join("").toUpperCase());
    const s = [...t.join(" ")].reduce((r, l) => r + l.codePointAt(0) * 7, 0);
    this.#i.style.setProperty("--hue", String(s % 360)), this.#n.replaceChildren(u(Y[e.type.split(".")[1] ?? ""] ?? "bell"));
  }
}
function w(a) {
  return n("button", { class: "action", type: "button", tabindex: -1, "aria-keyshortcuts": a });
}
function y(a, e, t) {
  a.title = e, a.setAttribute("aria-label", `${e}: ${t.content}`);
}
class K {
  constructor(e, t, i) {
    this.labels = e, this.locale = t, this.handlers = i, this.element = n("div", { class: "feed", role: "feed", "aria-label": e.heading }), this.element.addEventListener("keydown", (s) => this.#a(s)), this.element.addEventListener("focusin", (s) => {
      const r = this.#t.find(({ element: l }) => l.contains(s.target));
      r !== void 0 && this.#r(r);
    });
  }
  element;
  #s = /* @__PURE__ */ new Map();
  #t = [];
  #e = null;
  #i = !1;
  get size() {
    return this.#t.length;
  }
  /** Returns false if the list has become empty while focus was in it, and somebody else must take it. */
  render(e, t) {
    const i = this.#t.findIndex(({ element: o }) => o.matches(":focus-within")), s = e.map((o) => this.#n(o)), r = new Set(s);
    for (const [o, h] of this.#s)
      r.has(h) || (h.element.remove(), this.#s.delete(o));
    let l = this.element.firstElementChild;
    for (const [o, { element: h }] of s.entries())
      h === l ? l = l.nextElementSibling : this.element.insertBefore(h, l), h.setAttribute("aria-posinset", String(o + 1)), h.setAttribute("aria-setsize", t ? String(s.length) : "-1");
    if (this.#t = s, this.#i = !0, this.#e === null || !r.has(this.#e)) {
      const o = s[Math.min(Math.max(0, i), s.length - 1)] ?? null;
      this.#r(o), i >= 0 && o?.element.focus();
    }
    return i < 0 || s.length > 0;
  }
  /** Forget what was drawn: the next rendering is of another view, and nothing in it has just arrived. */
  reset() {
    this.#i = !1;
  }
  focus() {
    this.#e?.element.focus();
  }
  tick() {
    for (const e of this.#t) e.tick(this.locale());
  }
  #n(e) {
    let t = this.#s.get(e.id);
    if (t === void 0) {
      t = new B(this.labels, this.handlers);
      const i = this.#t[0];
      this.#i && (i === void 0 || e.id > i.item.id) && t.element.classList.add("fresh"), this.#s.set(e.id, t);
    }
    return t.update(e, this.locale()), t;
  }
  #r(e) {
    e !== this.#e && (this.#e?.current(!1), this.#e = e, e?.current(!0));
  }
  #a(e) {
    if (e.altKey || e.ctrlKey || e.metaKey || this.#e === null) return;
    const t = this.#t.indexOf(this.#e), i = e.target === this.#e.element, s = { ArrowDown: t + 1, PageDown: t + 5, ArrowUp: t - 1, PageUp: t - 5, Home: 0, End: 1 / 0 }[e.key];
    if (s !== void 0)
      this.#t[Math.min(Math.max(0, s), this.#t.length - 1)]?.element.focus();
    else if (e.key === "Enter" && i) this.#e.open();
    else if (e.key.toLowerCase() === "r") this.#e.toggleRead();
    else if (e.key.toLowerCase() === "e") this.#e.archive();
    else if (e.key === "Delete") this.#e.remove();
    else return;
    e.preventDefault(), e.stopPropagation();
  }
}
const I = {
  heading: "Notifications",
  bell: (a) => a === 0 ? "Notifications" : `Notifications, ${a} unread`,
  views: { all: "All", unread: "Unread", archived: "Archived" },
  whichView: "Which notifications",
  markAllRead: "Mark all read",
  markRead: "Mark read",
  markUnread: "Mark unread",
  archive: "Archive",
  remove: "Delete",
  important: "Important",
  somebody: "Somebody",
  loading: "Loading notifications",
  empty: { all: "Nothing here yet", unread: "You are all caught up", archived: "Nothing is archived" },
  emptyHint: {
    all: "What happens around you shows here as it happens.",
    unread: "You have read everything.",
    archived: "What you archive stays here."
  },
  offline: "You are offline. What you change is kept, and sent when you are back.",
  reconnecting: "Reconnecting…",
  signedOut: "You are signed out.",
  closed: "The connection was closed.",
  signIn: "Sign in again",
  tryAgain: "Try again",
  failed: "Your notifications could not be loaded.",
  moreFailed: "Older ones could not be loaded.",
  refused: (a) => `That could not be changed: ${a}`,
  arrived: (a, e) => a === 1 ? e : `${a} new notifications`,
  justNow: "just now",
  settings: "Settings",
  back: "Back to the list",
  typeName: (a) => a.charAt(0).toUpperCase() + a.slice(1).replace(/[.-]/g, " "),
  types: "What you are told",
  typesHint: "Turn off what you do not want to hear of.",
  always: "Always on",
  quietHours: "Quiet hours",
  quietHint: "Nothing interrupts you then. It all waits for you in the inbox.",
  quietOn: "Keep quiet every day",
  from: "From",
  until: "Until",
  save: "Save",
  saved: "Saved"
}, T = 1500, G = 6e3;
class J {
  constructor(e, t, i) {
    this.client = e, this.labels = t, this.parts = i;
    const s = () => this.#n();
    addEventListener("online", s), addEventListener("offline", s);
    const r = e.on("status", s);
    this.#i = () => {
      r(), removeEventListener("online", s), removeEventListener("offline", s);
    }, i.noticeButton.onclick = () => e.start(), this.#n();
  }
  #s = "";
  #t = null;
  #e = /* @__PURE__ */ new Set();
  #i;
  close() {
    this.#i();
    for (const e of this.#e) clearTimeout(e);
  }
  refused(e) {
    this.#s = this.labels.refused(k(e)), this.#a(G, () => this.#s = ""), this.#n();
  }
  #n() {
    const { status: e } = this.client, { notice: t, noticeText: i, noticeButton: s } = this.parts;
    e.state === "waiting" || e.state === "connecting" && this.#t !== null ? this.#t === null && (this.#t = Date.now(), this.#a(T, () => {
    })) : this.#t = null;
    const l = this.#t !== null && Date.now() - this.#t >= T, o = e.state === "closed", h = l ? navigator.onLine ? this.labels.reconnecting : this.labels.offline : "", d = o ? this.#r(e.reason, e.detail) : this.#s || h;
    c(i, d), t.hidden = d === "", t.classList.toggle("bad", o || this.#s !== ""), c(s, o && e.reason === "signed-out" ? this.labels.signIn : this.labels.tryAgain), s.hidden = !o;
  }
  #r(e, t) {
    return e === "signed-out" ? this.labels.signedOut : `${this.labels.closed} ${t}`;
  }
  #a(e, t) {
    const i = setTimeout(() => {
      this.#e.delete(i), t(), this.#n();
    }, e);
    this.#e.add(i);
  }
}
class Q {
  constructor(e, t) {
    this.rest = e, this.labels = t, this.#i = n("button", { class: "button primary", type: "submit" }, t.save), this.element.onsubmit = (i) => {
      i.preventDefault(), this.#c();
    }, this.element.oninput = () => {
      this.#o(), c(this.#e, "");
    };
  }
  element = n("form", { class: "settings", hidden: !0 });
  #s = null;
  #t = /* @__PURE__ */ new Map();
  #e = n("span", { role: "status" });
  #i;
  #n = n("input", { type: "checkbox" });
  #r = n("input", { type: "time", required: !0 });
  #a = n("input", { type: "time", required: !0 });
  async load() {
    const { labels: e } = this;
    this.element.replaceChildren(n("span", { class: "spin", role: "progressbar", "aria-label": e.loading }));
    try {
      this.#h(await this.rest.preferences());
    } catch (t) {
      const i = n("button", { class: "button", type: "button" }, e.tryAgain);
      i.onclick = () => void this.load(), this.element.replaceChildren(n("p", { role: "alert" }, k(t)), i);
    }
  }
  #h(e) {
    const { labels: t } = this;
    this.#s = e, this.#t.clear();
    const i = Object.entries(e.classes).map(([r, { default: l, mandatory: o }]) => {
      const h = n("input", { type: "checkbox", disabled: o });
      h.checked = e.types[r] ?? l, o || this.#t.set(r, h);
      const d = n("span", {}, t.typeName(r));
      return n("label", { class: "row" }, d, ...o ? [n("small", {}, t.always)] : [], h);
    }), s = e.quiet_hours;
    this.#n.checked = s !== null, this.#r.value = s?.start ?? "22:00", this.#a.value = s?.end ?? "07:00", this.#o(), c(this.#e, ""), this.element.replaceChildren(
      z(t.types, t.typesHint, ...i),
      z(
        t.quietHours,
        t.quietHint,
        n("label", { class: "row" }, n("span", {}, t.quietOn), this.#n),
        n("label", { class: "row" }, n("span", {}, t.from), this.#r),
        n("label", { class: "row" }, n("span", {}, t.until), this.#a),
        n("p", { class: "hint" }, this.#l)
      ),
      n("div", { class: "row" }, this.#e, this.#i)
    );
  }
  /** Where the hours were set stays their zone; new ones are of where the user is. */
  get #l() {
    return this.#s?.quiet_hours?.time_zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  }
  #o() {
    this.#r.disabled = this.#a.disabled = !this.#n.checked;
  }
  /** Only what differs: a word on a type that the user never gave must not be made up. */
  #d(e) {
    const t = [...this.#t].filter(([r, l]) => l.checked !== e.types[r]), i = { start: this.#r.value, end: this.#a.value, time_zone: this.#l }, s = this.#n.checked ? i : null;
    return {
      ...t.length > 0 && { types: Object.fromEntries(t.map(([r, l]) => [r, l.checked])) },
      ...JSON.stringify(s) !== JSON.stringify(e.quiet_hours) && { quiet_hours: s }
    };
  }
  async #c() {
    if (this.#s !== null) {
      this.#i.disabled = !0;
      try {
        this.#s = await this.rest.setPreferences(this.#d(this.#s)), c(this.#e, this.labels.saved);
      } catch (e) {
        c(this.#e, this.labels.refused(k(e)));
      } finally {
        this.#i.disabled = !1;
      }
    }
  }
}
function z(a, e, ...t) {
  return n("fieldset", {}, n("legend", {}, a), n("p", { class: "hint" }, e), ...t);
}
const X = `
:host {
  --_accent: var(--pavilion-accent, light-dark(#5646d8, #a79bff));
  --_accent-text: var(--pavilion-accent-text, light-dark(#fff, #15112f));
  --_surface: var(--pavilion-surface, light-dark(#fff, #1a1a23));
  --_raised: var(--pavilion-raised, light-dark(#f1f1f6, #272734));
  --_line: var(--pavilion-line, light-dark(#e4e4ec, #30303f));
  --_text: var(--pavilion-text, light-dark(#1b1b26, #eeeef5));
  --_quiet: var(--pavilion-quiet, light-dark(#5f5f75, #a5a5bb));
  --_tint: var(--pavilion-tint, light-dark(#f4f2ff, #212034));
  --_wait: var(--pavilion-wait, light-dark(#8a5700, #f2bd62));
  --_bad: var(--pavilion-bad, light-dark(#b3261e, #ff8f85));
  --_radius: var(--pavilion-radius, 1rem);
  color-scheme: light dark;
  position: relative;
  display: inline-block;
  color: var(--_text);
  font: var(--pavilion-font, 400 0.9375rem/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif);
  text-align: start;
}
:host([theme="light"]) { color-scheme: light; }
:host([theme="dark"]) { color-scheme: dark; }
:host([inline]) { display: block; }
:host([hidden]), [hidden] { display: none !important; }
*, *::before { box-sizing: border-box; }
button { border: 0; background: none; color: inherit; font: inherit; cursor: pointer; }
button:disabled { cursor: default; opacity: 0.5; }
:focus { outline: none; }
:focus-visible { outline: 2px solid var(--_accent); outline-offset: 2px; }
.icon { width: 1.25em; height: 1.25em; fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; }
.unseen-text { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

.bell { position: relative; display: grid; place-items: center; width: 2.75rem; height: 2.75rem; padding: 0; border-radius: 50%; font-size: 1.15rem; transition: background 0.15s; }
.bell:hover, .bell[aria-expanded="true"] { background: var(--_raised); }
.badge { position: absolute; top: 0.2rem; inset-inline-start: 55%; min-width: 1.2rem; padding: 0 0.3rem; border-radius: 1rem; background: var(--_accent); color: var(--_accent-text); box-shadow: 0 0 0 2px var(--_surface); font-size: 0.7rem; font-weight: 700; line-height: 1.2rem; text-align: center; font-variant-numeric: tabular-nums; }

.panel { display: flex; flex-direction: column; overflow: hidden; border: 1px solid var(--_line); border-radius: var(--_radius); background: var(--_surface); }
:host(:not([inline])) .panel { position: fixed; inset: var(--_top, 4rem) auto auto var(--_left, 1rem); width: min(var(--pavilion-width, 25rem), 100vw - 1rem); height: min(var(--pavilion-height, 40rem), 100dvh - var(--_top, 4rem) - 0.75rem); margin: 0; padding: 0; color: inherit; box-shadow: 0 2px 6px rgb(10 10 40 / 12%), 0 16px 48px rgb(10 10 40 / 24%); animation: open 0.16s ease-out; }
:host([inline]) .panel { height: var(--pavilion-height, auto); }

.top { display: flex; align-items: center; gap: 0.25rem; padding: 0.9rem 0.75rem 0.25rem 1.15rem; }
h2 { flex: 1; margin: 0; font-size: 1.1rem; font-weight: 680; letter-spacing: -0.01em; }
.tool { display: inline-flex; align-items: center; gap: 0.4rem; padding: 0.4rem 0.6rem; border-radius: 0.6rem; color: var(--_quiet); font-size: 0.85rem; font-weight: 550; white-space: nowrap; }
.tool:hover:not(:disabled) { background: var(--_raised); color: var(--_text); }
.tabs { display: flex; gap: 0.25rem; padding: 0.25rem 1rem 0.6rem; border-bottom: 1px solid var(--_line); }
.tabs button { padding: 0.3rem 0.75rem; border-radius: 1rem; color: var(--_quiet); font-size: 0.85rem; }
.tabs button:hover { color: var(--_text); }
.tabs button[aria-pressed="true"] { background: var(--_raised); color: var(--_text); font-weight: 600; }

.notice { display: flex; align-items: center; gap: 0.75rem; padding: 0.55rem 1.15rem; border-bottom: 1px solid var(--_line); background: color-mix(in srgb, var(--_wait) 12%, var(--_surface)); font-size: 0.85rem; }
.notice span { flex: 1; }
.notice.bad { background: color-mix(in srgb, var(--_bad) 12%, var(--_surface)); }
.button { padding: 0.4rem 0.8rem; border: 1px solid var(--_line); border-radius: 0.6rem; background: var(--_surface); font-size: 0.85rem; font-weight: 550; white-space: nowrap; }
.button:hover { background: var(--_raised); }
.button.primary { border-color: transparent; background: var(--_accent); color: var(--_accent-text); }

.scroll { position: relative; flex: 1; min-height: 0; overflow-y: auto; overscroll-behavior: contain; }
:host([inline]) .scroll { min-height: 16rem; }
.item { position: relative; display: grid; grid-template-columns: auto 1fr auto; gap: 0.85rem; align-items: start; padding: 0.85rem 1.15rem; transition: background 0.15s; }
.item + .item { border-top: 1px solid var(--_line); }
.item:hover { background: color-mix(in srgb, var(--_raised) 55%, var(--_surface)); }
.item.unread { background: var(--_tint); }
.item:focus-visible { outline-offset: -3px; border-radius: 0.6rem; }
.item.fresh { animation: arrive 0.4s ease-out; }
.face { position: relative; display: block; }
.avatar { display: grid; place-items: center; width: 2.5rem; height: 2.5rem; border-radius: 50%; background: hsl(var(--hue, 250) 42% 44%); color: #fff; font-size: 0.82rem; font-weight: 650; }
.kind { position: absolute; inset-inline-end: -0.3rem; bottom: -0.25rem; display: grid; place-items: center; width: 1.3rem; height: 1.3rem; border-radius: 50%; background: var(--_surface); box-shadow: 0 0 0 1px var(--_line); color: var(--_accent); font-size: 0.68rem; }
.text { min-width: 0; }
.open { display: block; width: 100%; padding: 0; text-align: start; overflow-wrap: anywhere; }
.item.unread .open { font-weight: 600; }
.meta { display: flex; flex-wrap: wrap; gap: 0.5rem; margin-top: 0.1rem; color: var(--_quiet); font-size: 0.8rem; }
.priority { color: var(--_bad); font-weight: 600; }
.item.unread::after { content: ""; align-self: center; width: 0.55rem; height: 0.55rem; border-radius: 50%; background: var(--_accent); }
.actions { display: flex; position: absolute; inset-inline-end: 0.75rem; padding: 0.1rem; border: 1px solid var(--_line); border-radius: 0.7rem; background: var(--_surface); }
.action { display: grid; place-items: center; width: 2.1rem; height: 2.1rem; padding: 0; border-radius: 0.55rem; color: var(--_quiet); }
.action:hover { background: var(--_raised); color: var(--_text); }
@media (hover: hover) {
  .actions { top: 0.7rem; opacity: 0; transition: opacity 0.12s; }
  .item:hover .actions, .item:focus-within .actions { opacity: 1; }
}
@media (hover: none) {
  .actions { bottom: 0.45rem; border: 0; background: none; }
  .item { padding-bottom: 1rem; }
  .item.unread::after { align-self: start; margin-top: 0.5rem; }
}

.blank { display: grid; justify-items: center; gap: 0.35rem; padding: 3.5rem 1.5rem; color: var(--_quiet); text-align: center; }
.blank .icon { width: 2.6rem; height: 2.6rem; margin-bottom: 0.5rem; stroke-width: 1.3; opacity: 0.55; }
.blank strong { color: var(--_text); font-weight: 620; }
.blank .button { margin-top: 0.75rem; color: var(--_text); }
.bones > div { display: grid; grid-template-columns: auto 1fr; gap: 0.85rem; padding: 0.9rem 1.15rem; }
.bones i { height: 0.7rem; margin-top: 0.35rem; border-radius: 1rem; background: var(--_raised); animation: breathe 1.4s ease-in-out infinite; }
.bones i:first-child { grid-row: span 2; width: 2.5rem; height: 2.5rem; margin: 0; border-radius: 50%; }
.bones i:last-child { width: 40%; margin-top: 0; }
.end { display: flex; align-items: center; justify-content: center; gap: 0.75rem; min-height: 1px; color: var(--_quiet); font-size: 0.85rem; }
.end:not(:empty) { padding: 1rem; }
.spin { width: 1.3rem; height: 1.3rem; border: 2px solid var(--_line); border-top-color: var(--_accent); border-radius: 50%; animation: spin 0.8s linear infinite; }

.settings { padding: 0.5rem 1.15rem 1.25rem; }
.settings fieldset { margin: 0 0 1rem; padding: 0; border: 0; }
.settings legend { padding: 0.6rem 0 0; font-weight: 650; }
.hint { margin: 0 0 0.5rem; color: var(--_quiet); font-size: 0.85rem; }
.row { display: flex; align-items: center; gap: 0.75rem; padding: 0.5rem 0; }
.row > span { flex: 1; }
.row small { color: var(--_quiet); }
.row input[type="checkbox"] { width: 1.15rem; height: 1.15rem; accent-color: var(--_accent); }
.row input[type="time"] { padding: 0.3rem 0.5rem; border: 1px solid var(--_line); border-radius: 0.5rem; background: var(--_surface); color: inherit; font: inherit; }

@keyframes open { from { opacity: 0; transform: translateY(-0.4rem) scale(0.98); } }
@keyframes arrive { from { opacity: 0; transform: translateY(-0.5rem); } }
@keyframes breathe { 50% { opacity: 0.45; } }
@keyframes spin { to { rotate: 1turn; } }
@media (max-width: 30rem) {
  :host(:not([inline])) .panel { inset: auto 0 0; width: auto; max-width: none; height: min(85dvh, 44rem); border-radius: var(--_radius) var(--_radius) 0 0; }
  .item { padding-inline: 1rem; }
  .tool span { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
}
@media (prefers-reduced-motion: reduce) {
  *, *::before { animation: none !important; transition: none !important; }
}
`;
let b = null;
function ee() {
  return b === null && (b = new CSSStyleSheet(), b.replaceSync(X)), b;
}
const m = ["all", "unread", "archived"];
function te(a, e, t, i) {
  const s = n("span", { class: "badge", part: "badge", "aria-hidden": "true", hidden: !0 }), r = n("button", { class: "bell", part: "bell", type: "button" }, u("bell"), s), l = N(u("checks"), a.markAllRead);
  l.classList.add("mark-all");
  const o = N(u("gear"), "");
  o.setAttribute("aria-label", a.settings), o.title = a.settings;
  const h = Object.fromEntries(
    m.map((p) => [p, n("button", { type: "button", "data-view": p }, a.views[p])])
  ), d = n("div", { class: "tabs", role: "group", "aria-label": a.whichView }, ...m.map((p) => h[p])), f = n("span"), x = n("button", { class: "button", type: "button" }), _ = n("div", { class: "notice", role: "status", hidden: !0 }, f, x), A = n("div", { class: "blank", hidden: !0 }), D = () => n("div", {}, n("i"), n("i"), n("i")), S = n(
    "div",
    { class: "bones", role: "progressbar", "aria-label": a.loading, hidden: !0 },
    ...Array.from({ length: 5 }, D)
  ), E = n("div", { class: "end" }), M = n("div", { class: "scroll" }, t, A, S, E, ...i ? [i] : []);
  o.hidden = i === null;
  const C = n("h2", { id: "heading" }, a.heading), O = n("div", { class: "top" }, C, l, o), g = n(
    "section",
    { class: "panel", part: "panel", id: "panel", "aria-labelledby": "heading", tabindex: -1 },
    O,
    d,
    _,
    M
  ), L = n("p", { class: "unseen-text", role: "status", "aria-live": "polite" });
  return e || (g.setAttribute("role", "dialog"), g.setAttribute("popover", "manual"), r.setAttribute("aria-haspopup", "dialog"), r.setAttribute("aria-controls", "panel")), r.hidden = e, { bell: r, badge: s, panel: g, heading: C, markAll: l, settings: o, tabs: h, tabRow: d, notice: _, noticeText: f, noticeButton: x, scroll: M, blank: A, bones: S, end: E, status: L, all: [r, g, L] };
}
function N(a, e) {
  return n("button", { class: "tool", type: "button" }, a, ...e ? [n("span", {}, e)] : []);
}
const v = 8;
function R({ bell: a, panel: e }) {
  const { left: t, right: i, bottom: s } = a.getBoundingClientRect(), r = getComputedStyle(a).direction === "rtl" ? t : i - e.offsetWidth, l = document.documentElement.clientWidth - e.offsetWidth - v;
  e.style.setProperty("--_left", `${Math.max(v, Math.min(r, l))}px`), e.style.setProperty("--_top", `${Math.max(v, s + v)}px`);
}
const ie = 3e4, se = 700, ne = 1e3;
class re extends HTMLElement {
  static observedAttributes = ["inline", "open", "preferences", "view"];
  #s = null;
  #t = I;
  #e = null;
  #i = null;
  #n = null;
  #r = null;
  #a = [];
  #h = [];
  #l = "";
  #o = null;
  #d = !1;
  #c = this.attachShadow({ mode: "open" });
  get client() {
    return this.#s;
  }
  set client(e) {
    this.#s = e, this.#u();
  }
  get labels() {
    return this.#t;
  }
  /** Any of the texts, in another language. */
  set labels(e) {
    this.#t = { ...I, ...e }, this.#u();
  }
  get open() {
    return this.hasAttribute("open");
  }
  set open(e) {
    this.toggleAttribute("open", e);
  }
  get inline() {
    return this.hasAttribute("inline");
  }
  get view() {
    return m.find((e) => e === this.getAttribute("view")) ?? "all";
  }
  set view(e) {
    this.setAttribute("view", e);
  }
  connectedCallback() {
    this.#c.adoptedStyleSheets = [ee()], this.#f();
  }
  disconnectedCallback() {
    this.#g();
  }
  attributeChangedCallback(e, t, i) {
    t === i || this.#i === null || (e === "inline" || e === "preferences" ? this.#u() : e === "open" ? this.#E() : this.#e !== null && (this.#n?.reset(), this.#e.view = this.view));
  }
  // -- life
  #u() {
    this.isConnected && (this.#g(), this.#f());
  }
  #f() {
    const e = this.#t;
    this.#n = new K(e, () => this.#x, {
      mark: (s, r) => this.#b(s, r),
      open: (s) => this.#_(s)
    });
    const t = this.hasAttribute("preferences") ? this.#s?.rest : void 0;
    this.#r = t === void 0 ? null : new Q(t, e);
    const i = this.#i = te(e, this.inline, this.#n.element, this.#r?.element ?? null);
    this.#c.replaceChildren(...i.all), i.bell.onclick = () => this.open = !this.open, i.markAll.onclick = () => void this.#e?.markAll("read").catch(() => {
    }), i.settings.onclick = () => this.#S();
    for (const s of m) i.tabs[s].onclick = () => this.view = s;
    i.panel.onkeydown = (s) => this.#A(s), this.#y(i), this.#s !== null && this.#k(this.#s, i), this.#p(), this.#w();
  }
  #g() {
    for (const e of this.#a.splice(0)) e();
    this.#o !== null && clearTimeout(this.#o), this.#o = null, this.#e?.close(), this.#e = null;
  }
  #y(e) {
    const t = (h) => {
      !this.inline && this.open && !h.composedPath().includes(this) && (this.open = !1);
    }, i = ({ relatedTarget: h }) => {
      !this.inline && h instanceof Node && !this.contains(h) && (this.open = !1);
    }, s = () => this.#m(), r = () => !this.inline && this.open && R(e);
    document.addEventListener("pointerdown", t), document.addEventListener("visibilitychange", s), addEventListener("scroll", r, { passive: !0, capture: !0 }), addEventListener("resize", r, { passive: !0 }), this.addEventListener("focusout", i);
    const l = setInterval(() => this.#n?.tick(), ie), o = new IntersectionObserver(([h]) => h?.isIntersecting && void this.#e?.loadMore(), {
      root: this.inline ? null : e.scroll,
      rootMargin: "200px"
    });
    o.observe(e.end), this.#a.push(
      () => document.removeEventListener("pointerdown", t),
      () => document.removeEventListener("visibilitychange", s),
      () => removeEventListener("scroll", r, { capture: !0 }),
      () => removeEventListener("resize", r),
      () => this.removeEventListener("focusout", i),
      () => clearInterval(l),
      () => o.disconnect()
    );
  }
  #k(e, t) {
    const i = this.#e = new H(e, { view: this.view }), s = new J(e, this.#t, t);
    this.#a.push(
      i.on("change", () => this.#M()),
      i.on("arrival", (r) => this.#q(r)),
      i.on("refused", ({ state: r, error: l }) => r === "seen" || s.refused(l)),
      () => s.close()
    );
  }
  get #x() {
    return this.closest("[lang]")?.getAttribute("lang") || void 0;
  }
  // -- what the user does
  #b(e, t) {
    this.#e?.mark(t, [e.id]).catch(() => {
    });
  }
  #_(e) {
    const t = new CustomEvent("pavilion-open", {
      detail: { notification: e },
      bubbles: !0,
      composed: !0,
      cancelable: !0
    });
    this.dispatchEvent(t) && e.read_at == null && this.#b(e, "read");
  }
  #A(e) {
    e.key === "Escape" && !this.inline && this.open ? (e.stopPropagation(), this.open = !1, this.#i?.bell.focus()) : e.key === "ArrowDown" && e.target === this.#i?.panel && (e.preventDefault(), this.#n?.focus());
  }
  /** Between the list and the settings. */
  #S() {
    const { heading: e, settings: t, tabRow: i, markAll: s, end: r } = this.#i, l = this.#r.element;
    l.hidden = !l.hidden;
    const o = l.hidden;
    for (const d of [i, s, r, this.#n.element]) d.hidden = !o;
    const h = o ? this.#t.settings : this.#t.back;
    c(e, o ? this.#t.heading : this.#t.settings), t.title = h, t.setAttribute("aria-label", h), t.replaceChildren(u(o ? "gear" : "back")), o || this.#r.load(), this.#p();
  }
  #E() {
    this.#w(), this.open && !this.inline && this.#i?.panel.focus(), this.dispatchEvent(new CustomEvent("pavilion-toggle", { detail: { open: this.open }, bubbles: !0, composed: !0 }));
  }
  // -- what shows
  get #v() {
    return (this.inline || this.open) && document.visibilityState === "visible";
  }
  #w() {
    const { bell: e, panel: t } = this.#i;
    t.hidden = !this.inline && !this.open, !this.inline && t.matches(":popover-open") !== this.open && t.togglePopover(this.open), !t.hidden && !this.inline && R(this.#i), e.setAttribute("aria-expanded", String(this.open)), this.#m();
  }
  /** Many frames in one go are drawn once. */
  #M() {
    this.#d || (this.#d = !0, queueMicrotask(() => {
      this.#d = !1, this.#e !== null && this.#p();
    }));
  }
  #p() {
    const e = this.#i, t = this.#n, i = this.#e, s = this.#t, r = i?.items ?? [], { unread: l } = i?.counts ?? { unread: 0 };
    c(e.badge, l > 99 ? "99+" : String(l)), e.badge.hidden = l === 0, e.bell.setAttribute("aria-label", s.bell(l)), e.markAll.disabled = l === 0;
    for (const d of m) e.tabs[d].setAttribute("aria-pressed", String(d === this.view));
    const o = i !== null && i.status === "loading", h = this.#r?.element.hidden !== !1;
    t.element.setAttribute("aria-busy", String(o || i?.more === "loading")), e.bones.hidden = !h || !o || r.length > 0, !o || r.length > 0 ? t.render(r, i?.hasMore === !1) || e.panel.focus() : t.render([], !1), this.#C(e, i, h && r.length === 0 && !o), this.#L(e, i), this.#m();
  }
  #C({ blank: e }, t, i) {
    if (e.hidden = !i || t === null, e.hidden || t === null) return e.replaceChildren();
    const { labels: s } = this;
    if (t.status === "failed") {
      const r = n("button", { class: "button", type: "button" }, s.tryAgain);
      r.onclick = () => void t.reload(), e.replaceChildren(u("bell"), n("strong", { role: "alert" }, s.failed)), this.#s?.status.state !== "closed" && e.append(r);
    } else {
      const r = n("span", {}, s.emptyHint[this.view]);
      e.replaceChildren(u(this.view === "archived" ? "box" : "bell"), n("strong", {}, s.empty[this.view]), r);
    }
  }
  #L({ end: e }, t) {
    const i = t?.more ?? "idle";
    if (e.dataset.more !== i)
      if (e.dataset.more = i, i === "loading") e.replaceChildren(n("span", { class: "spin" }));
      else if (i === "failed") {
        const s = n("button", { class: "button", type: "button" }, this.#t.tryAgain);
        s.onclick = () => void t?.loadMore(), e.replaceChildren(n("span", { role: "alert" }, this.#t.moreFailed), s);
      } else e.replaceChildren();
  }
  /** What can be seen is seen: told once for each newest one, a moment after it shows. */
  #m() {
    const e = this.#e;
    this.#o !== null || e === null || !this.#v || e.counts.unseen === 0 || e.newest === "" || e.newest === this.#l || (this.#o = setTimeout(() => {
      this.#o = null, !(!this.#v || e !== this.#e) && (this.#l = e.newest, e.markAll("seen").catch((t) => P(t) && (this.#l = "")));
    }, ne));
  }
  /** Tell screen readers what arrived; a burst is told as a number. */
  #q(e) {
    this.#h.push(e) > 1 || setTimeout(() => {
      const t = this.#h.splice(0);
      this.#i !== null && c(this.#i.status, this.#t.arrived(t.length, t[0]?.content ?? ""));
    }, se);
  }
}
customElements.get("pavilion-inbox") || customElements.define("pavilion-inbox", re);
export {
  I as ENGLISH,
  re as PavilionInbox
};
