import { messageOf as N, InboxList as D, isTransient as q } from "./pavilion-client.js";
function r(a, e = {}, ...t) {
  const i = document.createElement(a);
  for (const [n, s] of Object.entries(e))
    s === !0 ? i.setAttribute(n, "") : s !== !1 && i.setAttribute(n, String(s));
  return i.append(...t), i;
}
const P = {
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
}, M = "http://www.w3.org/2000/svg";
function h(a) {
  const e = document.createElementNS(M, "svg"), t = document.createElementNS(M, "path");
  return t.setAttribute("d", P[a]), e.setAttribute("viewBox", "0 0 24 24"), e.setAttribute("class", `icon icon-${a}`), e.setAttribute("aria-hidden", "true"), e.append(t), e;
}
function u(a, e) {
  a.textContent !== e && (a.textContent = e);
}
const H = [
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60]
], F = 7 * 86400, O = 45;
function $(a, e, t, i) {
  const n = Date.parse(a), s = (e - n) / 1e3;
  if (!(s >= O)) return i;
  if (s >= F) return new Intl.DateTimeFormat(t, { dateStyle: "medium" }).format(n);
  const [o, l] = H.find(([, c]) => Math.round(s / c) >= 1) ?? ["minute", 60];
  return new Intl.RelativeTimeFormat(t, { numeric: "auto" }).format(-Math.round(s / l), o);
}
function W(a, e) {
  return new Intl.DateTimeFormat(e, { dateStyle: "full", timeStyle: "short" }).format(Date.parse(a));
}
const j = {
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
let U = 0;
class V {
  constructor(e, t) {
    this.labels = e, this.handlers = t, this.#a = r("span", { class: "priority", hidden: !0 }, e.important);
    const i = r("div", { class: "meta", id: `${this.#t.id}-meta` }, this.#e, this.#a);
    this.element = r(
      "article",
      {
        class: "item",
        part: "item",
        tabindex: -1,
        "aria-labelledby": this.#t.id,
        "aria-describedby": i.id
      },
      r("span", { class: "face" }, this.#i, this.#s),
      r("div", { class: "text" }, this.#o, i),
      r("div", { class: "actions" }, this.#l, this.#r, this.#d)
    ), this.#r.append(h("box")), this.#d.append(h("bin")), this.#o.onclick = () => t.open(this.item), this.#l.onclick = () => this.toggleRead(), this.#r.onclick = () => this.archive(), this.#d.onclick = () => this.remove();
  }
  element;
  #n = null;
  #t = r("span", { class: "content", id: `content-${U += 1}` });
  #e = r("time");
  #i = r("span", { class: "avatar", "aria-hidden": "true" });
  #s = r("span", { class: "kind" });
  #a;
  #o = r("button", { class: "open", type: "button", tabindex: -1 }, this.#t);
  #l = v("R");
  #r = v("E");
  #d = v("Delete");
  get item() {
    return this.#n;
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
    if (e === this.#n) return;
    this.#n = e;
    const i = e.read_at == null;
    this.element.dataset.id = e.id, this.element.classList.toggle("unread", i), u(this.#t, e.content), this.#e.dateTime = e.created_at, this.#e.title = W(e.created_at, t), this.tick(t), this.#h(e), this.#a.hidden = e.priority !== "high", w(this.#l, i ? this.labels.markRead : this.labels.markUnread, e), this.#l.replaceChildren(h(i ? "dot" : "check")), w(this.#r, this.labels.archive, e), this.#r.hidden = e.archived_at != null, w(this.#d, this.labels.remove, e);
  }
  /** Time has gone on. */
  tick(e) {
    u(this.#e, $(this.item.created_at, Date.now(), e, this.labels.justNow));
  }
  /** Only the current item and its buttons are in the tab order: thirty others would be in the way. */
  current(e) {
    const t = e ? 0 : -1;
    this.element.tabIndex = t;
    for (const i of [this.#o, this.#l, this.#r, this.#d]) i.tabIndex = t;
  }
  #h(e) {
    const t = (e.actor?.name ?? this.labels.somebody).trim().split(/\s+/), i = t.slice(0, 2).map((s) => [...s][0] ?? "");
    u(this.#i, i.join("").toUpperCase());
    const n = [...t.join(" ")].reduce((s, o) => s + o.codePointAt(0) * 7, 0);
    this.#i.style.setProperty("--hue", String(n % 360)), this.#s.replaceChildren(h(j[e.type.split(".")[1] ?? ""] ?? "bell"));
  }
}
function v(a) {
  return r("button", { class: "action", type: "button", tabindex: -1, "aria-keyshortcuts": a });
}
function w(a, e, t) {
  a.title = e, a.setAttribute("aria-label", `${e}: ${t.content}`);
}
class Y {
  constructor(e, t, i) {
    this.labels = e, this.locale = t, this.handlers = i, this.element = r("div", { class: "feed", role: "feed", "aria-label": e.heading }), this.element.addEventListener("keydown", (n) => this.#o(n)), this.element.addEventListener("focusin", (n) => {
      const s = this.#t.find(({ element: o }) => o.contains(n.target));
      s !== void 0 && this.#a(s);
    });
  }
  element;
  #n = /* @__PURE__ */ new Map();
  #t = [];
  #e = null;
  #i = !1;
  get size() {
    return this.#t.length;
  }
  /** Returns false if the list has become empty while focus was in it, and somebody else must take it. */
  render(e, t) {
    const i = this.#t.findIndex(({ element: l }) => l.matches(":focus-within")), n = e.map((l) => this.#s(l)), s = new Set(n);
    for (const [l, d] of this.#n)
      s.has(d) || (d.element.remove(), this.#n.delete(l));
    let o = this.element.firstElementChild;
    for (const [l, { element: d }] of n.entries())
      d === o ? o = o.nextElementSibling : this.element.insertBefore(d, o), d.setAttribute("aria-posinset", String(l + 1)), d.setAttribute("aria-setsize", t ? String(n.length) : "-1");
    if (this.#t = n, this.#i = !0, this.#e === null || !s.has(this.#e)) {
      const l = n[Math.min(Math.max(0, i), n.length - 1)] ?? null;
      this.#a(l), i >= 0 && l?.element.focus();
    }
    return i < 0 || n.length > 0;
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
  #s(e) {
    let t = this.#n.get(e.id);
    if (t === void 0) {
      t = new V(this.labels, this.handlers);
      const i = this.#t[0];
      this.#i && (i === void 0 || e.id > i.item.id) && t.element.classList.add("fresh"), this.#n.set(e.id, t);
    }
    return t.update(e, this.locale()), t;
  }
  #a(e) {
    e !== this.#e && (this.#e?.current(!1), this.#e = e, e?.current(!0));
  }
  #o(e) {
    if (e.altKey || e.ctrlKey || e.metaKey || this.#e === null) return;
    const t = this.#t.indexOf(this.#e), i = e.target === this.#e.element, n = { ArrowDown: t + 1, PageDown: t + 5, ArrowUp: t - 1, PageUp: t - 5, Home: 0, End: 1 / 0 }[e.key];
    if (n !== void 0)
      this.#t[Math.min(Math.max(0, n), this.#t.length - 1)]?.element.focus();
    else if (e.key === "Enter" && i) this.#e.open();
    else if (e.key.toLowerCase() === "r") this.#e.toggleRead();
    else if (e.key.toLowerCase() === "e") this.#e.archive();
    else if (e.key === "Delete") this.#e.remove();
    else return;
    e.preventDefault(), e.stopPropagation();
  }
}
const L = {
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
}, C = 1500, B = 6e3;
class K {
  constructor(e, t, i) {
    this.client = e, this.labels = t, this.parts = i;
    const n = () => this.#s();
    addEventListener("online", n), addEventListener("offline", n);
    const s = e.on("status", n);
    this.#i = () => {
      s(), removeEventListener("online", n), removeEventListener("offline", n);
    }, i.noticeButton.onclick = () => e.start(), this.#s();
  }
  #n = "";
  #t = null;
  #e = /* @__PURE__ */ new Set();
  #i;
  close() {
    this.#i();
    for (const e of this.#e) clearTimeout(e);
  }
  refused(e) {
    this.#n = this.labels.refused(N(e)), this.#o(B, () => this.#n = ""), this.#s();
  }
  #s() {
    const { status: e } = this.client, { notice: t, noticeText: i, noticeButton: n } = this.parts;
    e.state === "waiting" || e.state === "connecting" && this.#t !== null ? this.#t === null && (this.#t = Date.now(), this.#o(C, () => {
    })) : this.#t = null;
    const o = this.#t !== null && Date.now() - this.#t >= C, l = e.state === "closed", d = o ? navigator.onLine ? this.labels.reconnecting : this.labels.offline : "", c = l ? this.#a(e.reason, e.detail) : this.#n || d;
    u(i, c), t.hidden = c === "", t.classList.toggle("bad", l || this.#n !== ""), u(n, l && e.reason === "signed-out" ? this.labels.signIn : this.labels.tryAgain), n.hidden = !l;
  }
  #a(e, t) {
    return e === "signed-out" ? this.labels.signedOut : `${this.labels.closed} ${t}`;
  }
  #o(e, t) {
    const i = setTimeout(() => {
      this.#e.delete(i), t(), this.#s();
    }, e);
    this.#e.add(i);
  }
}
const Z = `
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
.action .icon-dot { fill: var(--_accent); stroke: none; }
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
let g = null;
function G() {
  return g === null && (g = new CSSStyleSheet(), g.replaceSync(Z)), g;
}
const p = ["all", "unread", "archived"];
function J(a, e, t) {
  const i = r("span", { class: "badge", part: "badge", "aria-hidden": "true", hidden: !0 }), n = r("button", { class: "bell", part: "bell", type: "button" }, h("bell"), i), s = T(h("checks"), a.markAllRead);
  s.classList.add("mark-all");
  const o = T(h("gear"), "");
  o.classList.add("settings-button");
  const l = Object.fromEntries(
    p.map((m) => [m, r("button", { type: "button", "data-view": m }, a.views[m])])
  ), d = r("div", { class: "tabs", role: "group", "aria-label": a.whichView }, ...p.map((m) => l[m])), c = r("span"), y = r("button", { class: "button", type: "button" }), k = r("div", { class: "notice", role: "status", hidden: !0 }, c, y), x = r("div", { class: "blank", hidden: !0 }), z = () => r("div", {}, r("i"), r("i"), r("i")), _ = r(
    "div",
    { class: "bones", role: "progressbar", "aria-label": a.loading, hidden: !0 },
    ...Array.from({ length: 5 }, z)
  ), A = r("div", { class: "end" }), S = r("div", { class: "scroll" }, t, x, _, A), R = r("div", { class: "top" }, r("h2", { id: "heading" }, a.heading), s, o), f = r(
    "section",
    { class: "panel", part: "panel", id: "panel", "aria-labelledby": "heading", tabindex: -1 },
    R,
    d,
    k,
    S
  ), E = r("p", { class: "unseen-text", role: "status", "aria-live": "polite" });
  return e || (f.setAttribute("role", "dialog"), f.setAttribute("popover", "manual"), n.setAttribute("aria-haspopup", "dialog"), n.setAttribute("aria-controls", "panel")), n.hidden = e, { bell: n, badge: i, panel: f, markAll: s, settings: o, tabs: l, tabRow: d, notice: k, noticeText: c, noticeButton: y, scroll: S, blank: x, bones: _, end: A, status: E, all: [n, f, E] };
}
function T(a, e) {
  return r("button", { class: "tool", type: "button" }, a, ...e ? [r("span", {}, e)] : []);
}
const b = 8;
function I({ bell: a, panel: e }) {
  const { left: t, right: i, bottom: n } = a.getBoundingClientRect(), s = getComputedStyle(a).direction === "rtl" ? t : i - e.offsetWidth, o = document.documentElement.clientWidth - e.offsetWidth - b;
  e.style.setProperty("--_left", `${Math.max(b, Math.min(s, o))}px`), e.style.setProperty("--_top", `${Math.max(b, n + b)}px`);
}
const Q = 3e4, X = 700, ee = 1e3;
class te extends HTMLElement {
  static observedAttributes = ["inline", "open", "view"];
  #n = null;
  #t = L;
  #e = null;
  #i = null;
  #s = null;
  #a = [];
  #o = [];
  #l = "";
  #r = null;
  #d = !1;
  #h = this.attachShadow({ mode: "open" });
  get client() {
    return this.#n;
  }
  set client(e) {
    this.#n = e, this.#c();
  }
  get labels() {
    return this.#t;
  }
  /** Any of the texts, in another language. */
  set labels(e) {
    this.#t = { ...L, ...e }, this.#c();
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
    return p.find((e) => e === this.getAttribute("view")) ?? "all";
  }
  set view(e) {
    this.setAttribute("view", e);
  }
  connectedCallback() {
    this.#h.adoptedStyleSheets = [G()], this.#m();
  }
  disconnectedCallback() {
    this.#p();
  }
  attributeChangedCallback(e, t, i) {
    t === i || this.#i === null || (e === "inline" ? this.#c() : e === "open" ? this.#A() : this.#e !== null && (this.#s?.reset(), this.#e.view = this.view));
  }
  // -- life
  #c() {
    this.isConnected && (this.#p(), this.#m());
  }
  #m() {
    const e = this.#t;
    this.#s = new Y(e, () => this.#k, {
      mark: (i, n) => this.#f(i, n),
      open: (i) => this.#x(i)
    });
    const t = this.#i = J(e, this.inline, this.#s.element);
    this.#h.replaceChildren(...t.all), t.bell.onclick = () => this.open = !this.open, t.markAll.onclick = () => void this.#e?.markAll("read").catch(() => {
    });
    for (const i of p) t.tabs[i].onclick = () => this.view = i;
    t.panel.onkeydown = (i) => this.#_(i), this.#w(t), this.#n !== null && this.#y(this.#n, t), this.#v(), this.#b();
  }
  #p() {
    for (const e of this.#a.splice(0)) e();
    this.#r !== null && clearTimeout(this.#r), this.#r = null, this.#e?.close(), this.#e = null;
  }
  #w(e) {
    const t = (d) => {
      !this.inline && this.open && !d.composedPath().includes(this) && (this.open = !1);
    }, i = ({ relatedTarget: d }) => {
      !this.inline && d instanceof Node && !this.contains(d) && (this.open = !1);
    }, n = () => this.#u(), s = () => !this.inline && this.open && I(e);
    document.addEventListener("pointerdown", t), document.addEventListener("visibilitychange", n), addEventListener("scroll", s, { passive: !0, capture: !0 }), addEventListener("resize", s, { passive: !0 }), this.addEventListener("focusout", i);
    const o = setInterval(() => this.#s?.tick(), Q), l = new IntersectionObserver(([d]) => d?.isIntersecting && void this.#e?.loadMore(), {
      root: this.inline ? null : e.scroll,
      rootMargin: "200px"
    });
    l.observe(e.end), this.#a.push(
      () => document.removeEventListener("pointerdown", t),
      () => document.removeEventListener("visibilitychange", n),
      () => removeEventListener("scroll", s, { capture: !0 }),
      () => removeEventListener("resize", s),
      () => this.removeEventListener("focusout", i),
      () => clearInterval(o),
      () => l.disconnect()
    );
  }
  #y(e, t) {
    const i = this.#e = new D(e, { view: this.view }), n = new K(e, this.#t, t);
    this.#a.push(
      i.on("change", () => this.#S()),
      i.on("arrival", (s) => this.#L(s)),
      i.on("refused", ({ state: s, error: o }) => s === "seen" || n.refused(o)),
      () => n.close()
    );
  }
  get #k() {
    return this.closest("[lang]")?.getAttribute("lang") || void 0;
  }
  // -- what the user does
  #f(e, t) {
    this.#e?.mark(t, [e.id]).catch(() => {
    });
  }
  #x(e) {
    const t = new CustomEvent("pavilion-open", {
      detail: { notification: e },
      bubbles: !0,
      composed: !0,
      cancelable: !0
    });
    this.dispatchEvent(t) && e.read_at == null && this.#f(e, "read");
  }
  #_(e) {
    e.key === "Escape" && !this.inline && this.open ? (e.stopPropagation(), this.open = !1, this.#i?.bell.focus()) : e.key === "ArrowDown" && e.target === this.#i?.panel && (e.preventDefault(), this.#s?.focus());
  }
  #A() {
    this.#b(), this.open && !this.inline && this.#i?.panel.focus(), this.dispatchEvent(new CustomEvent("pavilion-toggle", { detail: { open: this.open }, bubbles: !0, composed: !0 }));
  }
  // -- what shows
  get #g() {
    return (this.inline || this.open) && document.visibilityState === "visible";
  }
  #b() {
    const { bell: e, panel: t } = this.#i;
    t.hidden = !this.inline && !this.open, !this.inline && t.matches(":popover-open") !== this.open && t.togglePopover(this.open), !t.hidden && !this.inline && I(this.#i), e.setAttribute("aria-expanded", String(this.open)), this.#u();
  }
  /** Many frames in one go are drawn once. */
  #S() {
    this.#d || (this.#d = !0, queueMicrotask(() => {
      this.#d = !1, this.#e !== null && this.#v();
    }));
  }
  #v() {
    const e = this.#i, t = this.#s, i = this.#e, n = this.#t, s = i?.items ?? [], { unread: o } = i?.counts ?? { unread: 0 };
    u(e.badge, o > 99 ? "99+" : String(o)), e.badge.hidden = o === 0, e.bell.setAttribute("aria-label", n.bell(o)), e.markAll.disabled = o === 0;
    for (const d of p) e.tabs[d].setAttribute("aria-pressed", String(d === this.view));
    const l = i !== null && i.status === "loading";
    t.element.setAttribute("aria-busy", String(l || i?.more === "loading")), e.bones.hidden = !l || s.length > 0, !l || s.length > 0 ? t.render(s, i?.hasMore === !1) || e.panel.focus() : t.render([], !1), this.#E(e, i, s.length === 0 && !l), this.#M(e, i), this.#u();
  }
  #E({ blank: e }, t, i) {
    if (e.hidden = !i || t === null, e.hidden || t === null) return e.replaceChildren();
    const { labels: n } = this;
    if (t.status === "failed") {
      const s = r("button", { class: "button", type: "button" }, n.tryAgain);
      s.onclick = () => void t.reload(), e.replaceChildren(h("bell"), r("strong", { role: "alert" }, n.failed)), this.#n?.status.state !== "closed" && e.append(s);
    } else {
      const s = r("span", {}, n.emptyHint[this.view]);
      e.replaceChildren(h(this.view === "archived" ? "box" : "bell"), r("strong", {}, n.empty[this.view]), s);
    }
  }
  #M({ end: e }, t) {
    const i = t?.more ?? "idle";
    if (e.dataset.more !== i)
      if (e.dataset.more = i, i === "loading") e.replaceChildren(r("span", { class: "spin" }));
      else if (i === "failed") {
        const n = r("button", { class: "button", type: "button" }, this.#t.tryAgain);
        n.onclick = () => void t?.loadMore(), e.replaceChildren(r("span", { role: "alert" }, this.#t.moreFailed), n);
      } else e.replaceChildren();
  }
  /** What can be seen is seen: told once for each newest one, a moment after it shows. */
  #u() {
    const e = this.#e;
    this.#r !== null || e === null || !this.#g || e.counts.unseen === 0 || e.newest === "" || e.newest === this.#l || (this.#r = setTimeout(() => {
      this.#r = null, !(!this.#g || e !== this.#e) && (this.#l = e.newest, e.markAll("seen").catch((t) => q(t) && (this.#l = "")));
    }, ee));
  }
  /** Tell screen readers what arrived; a burst is told as a number. */
  #L(e) {
    this.#o.push(e) > 1 || setTimeout(() => {
      const t = this.#o.splice(0);
      this.#i !== null && u(this.#i.status, this.#t.arrived(t.length, t[0]?.content ?? ""));
    }, X);
  }
}
customElements.get("pavilion-inbox") || customElements.define("pavilion-inbox", te);
export {
  L as ENGLISH,
  te as PavilionInbox
};
