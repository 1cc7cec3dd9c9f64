class b {
  constructor(t, s, e) {
    this.first = t, this.longest = s, this.random = e;
  }
  #t = 0;
  /** Milliseconds to wait now. */
  next() {
    const t = Math.min(this.longest, this.first * 2 ** this.#t);
    return this.#t += 1, this.random() * t;
  }
  reset() {
    this.#t = 0;
  }
}
const M = /* @__PURE__ */ new Set([1002, 1003, 1007, 1008, 1009, 1010]);
function O(i) {
  return i === 4005 ? "refresh" : i === 4500 ? "new session" : i === 4503 ? "signed out" : i >= 4500 && i <= 4999 || M.has(i) ? "refused" : "come back";
}
class a extends Error {
  constructor(t, s = null) {
    super(t.detail || t.title), this.problem = t, this.retryAfter = s;
  }
  name = "ProblemError";
  /** Whether the same call may pass later. */
  get transient() {
    return this.problem.status >= 500 || this.problem.status === 429;
  }
}
class T extends Error {
  name = "Unreachable";
  transient = !0;
}
class u extends Error {
  name = "NotConnected";
  transient = !1;
}
function d(i) {
  return !(i instanceof Error && "transient" in i && i.transient === !1);
}
function N(i) {
  return i instanceof Error ? i.message : String(i);
}
class S extends Error {
  name = "SignedOut";
  transient = !1;
}
const x = 6e4, L = 8e3;
function E(i) {
  return Math.min(x, i / 2);
}
class R {
  constructor(t, s, e) {
    this.open = t, this.refresh = s, this.changed = e;
  }
  held = null;
  /** Since when the refresh token may have been used up by a request whose answer has not come; null otherwise. */
  rotating = null;
  #t = null;
  get valid() {
    return this.held !== null && Date.now() < this.held.until;
  }
  /** An access token that is good for a while. Raises SignedOut, Unreachable, or what the callback throws. */
  async token() {
    const t = this.held;
    if (t === null) return this.#s();
    const s = t.until - E(t.tokens.expires_in * 1e3);
    if (Date.now() < s && this.rotating === null) return t.tokens.access_token;
    try {
      return await this.#s();
    } catch (e) {
      if (this.valid && d(e)) return t.tokens.access_token;
      throw e;
    }
  }
  /** An access token other than `refused`. */
  async renew(t) {
    const s = this.held;
    return s !== null && s.tokens.access_token !== t ? s.tokens.access_token : this.#s();
  }
  /** The access token has expired, whatever this clock says. */
  expire() {
    this.held !== null && (this.held = { ...this.held, until: 0 });
  }
  forget() {
    this.held = null, this.rotating = null, this.changed();
  }
  #s() {
    return this.#t ??= this.#e().finally(() => this.#t = null), this.#t;
  }
  async #e() {
    const t = (this.held && await this.#r(this.held)) ?? await this.open();
    if (t === null)
      throw this.forget(), new S("nobody is signed in");
    return this.held = { tokens: t, until: Date.now() + t.expires_in * 1e3 }, this.rotating = null, this.changed(), t.access_token;
  }
  /** Null if the session has ended, so that only a new one helps. */
  async #r({ tokens: t }) {
    if (this.rotating ??= Date.now(), Date.now() - this.rotating > L) return null;
    this.changed();
    try {
      return await this.refresh(t.refresh_token);
    } catch (s) {
      const e = s instanceof a ? s.problem.status : 503;
      if (e < 500 && (this.rotating = null), e >= 500 || e === 429) throw s;
      return null;
    }
  }
}
class A {
  position = null;
  /** Move to `position` if it is the very next; an old one changes nothing, and a gap moves nothing either. */
  advance(t) {
    const s = this.position;
    if (s !== null) {
      if (t.epoch !== s.epoch || t.offset > s.offset + 1) return "gap";
      if (t.offset <= s.offset) return "old";
    }
    return this.position = t, "next";
  }
}
function D(i) {
  if (typeof i != "object" || i === null) return !1;
  const { epoch: t, offset: s, tail: e } = i;
  return typeof t == "string" && Number.isSafeInteger(s) && typeof e == "string";
}
const C = 500, $ = 3e4, P = 15e3, j = 1e4, z = 3e3, G = 15e3, U = 2e3, B = 2 ** 31 - 1;
class J {
  constructor(t, s, e, n, o, r) {
    this.url = t, this.user = s, this.session = e, this.track = n, this.platform = o, this.handlers = r, this.#n = new b(C, $, o.random);
  }
  #t = { state: "idle" };
  #s = null;
  #e = null;
  /** The access token that this socket has shown. */
  #r = "";
  #i = 25;
  /** What the gateway said before it closed. */
  #l = "";
  #m = 0;
  #g = !1;
  #n;
  #a = /* @__PURE__ */ new Map();
  get status() {
    return this.#t;
  }
  start() {
    const { state: t } = this.#t;
    (t === "idle" || t === "closed") && (this.#n.reset(), this.#m = 0, this.#g = !1, this.#u());
  }
  /** While waiting, try now. */
  wake() {
    this.#t.state === "waiting" && Date.now() >= this.#m && this.#u();
  }
  close(t, s) {
    this.#p(), this.#_({ state: "closed", reason: t, detail: s });
  }
  /** Let go without a word: another tab has the connection from now on, or nobody. */
  release() {
    this.#p(), this.#t = { state: "idle" };
  }
  /** False if it cannot be sent now. */
  send(t) {
    return this.#t.state !== "live" || this.#s === null ? !1 : (this.#s.send(JSON.stringify(t)), !0);
  }
  async #u() {
    this.#p();
    const t = { state: "connecting" };
    this.#_(t);
    try {
      const s = await this.session.token();
      this.#t === t && this.#d(s);
    } catch (s) {
      this.#t === t && this.#h(s);
    }
  }
  #d(t) {
    const s = this.platform.openSocket(this.url);
    this.#s = s, this.#r = t, this.#l = "", this.#w("connect", P, () => this.#v()), s.onopen = () => {
      const { position: e } = this.track;
      s.send(JSON.stringify({ type: "connect", token: t, position: e }));
    }, s.onmessage = (e) => s === this.#s && this.#c(e.data), s.onclose = (e) => s === this.#s && this.#M(e.code, e.reason);
  }
  #h(t) {
    d(t) ? this.#y() : this.close(t instanceof S ? "signed-out" : "no-session", N(t));
  }
  #c(t) {
    const s = F(t);
    if (s !== null)
      switch (this.#S(), s.type) {
        case "connected":
          this.#f(s);
          break;
        case "ping":
          this.#s?.send(JSON.stringify({ type: "pong" }));
          break;
        case "refreshed":
          this.#I(s.expires_in);
          break;
        case "reconnect":
          this.#m = Date.now() + s.after_ms, this.#w("leave", s.after_ms + U, () => this.#v());
          break;
        case "error":
          s.id == null && (this.#l = s.problem.detail || s.problem.title), this.handlers.frame(s);
          break;
        default:
          this.#o(s);
      }
  }
  #f(t) {
    if (this.user !== null && t.user !== this.user) {
      this.session.forget(), this.close("wrong-user", "The session belongs to another user.");
      return;
    }
    this.#e !== null && t.user !== this.#e && (this.track.position = null), this.#e = t.user, this.#b("connect"), this.#m = 0, this.#g = !1, this.#i = t.ping_seconds, this.#S(), this.#I(t.expires_in), this.#w("stable", j, () => this.#n.reset()), t.recovered || (this.track.position = t.position), this.handlers.frame(t), this.#_({ state: "live" });
  }
  #o(t) {
    if ("position" in t && D(t.position))
      switch (this.track.advance(t.position)) {
        case "old":
          return;
        case "gap":
          this.#v();
          return;
      }
    this.handlers.frame(t);
  }
  // -- staying
  #S() {
    this.#w("silence", this.#i * 1e3 + G, () => this.#v());
  }
  #I(t) {
    const s = t * 1e3;
    this.#w("refresh", s - E(s), () => void this.#E());
  }
  async #E() {
    const t = this.#s;
    try {
      const s = await this.session.renew(this.#r);
      if (t !== this.#s) return;
      this.#r = s, this.send({ type: "refresh", token: s });
    } catch (s) {
      if (t !== this.#s) return;
      d(s) ? this.#w("refresh", z * (0.5 + this.platform.random()), () => void this.#E()) : this.#h(s);
    }
  }
  // -- leaving and coming back
  #M(t, s) {
    switch (this.#p(), O(t)) {
      case "come back":
        return this.#y();
      case "refresh":
        return this.session.expire(), this.#y();
      case "new session":
        return this.session.forget(), this.#g ? this.close("refused", `The gateway refused a new session (${t} ${s}).`) : (this.#g = !0, this.#y());
      case "signed out":
        return this.session.forget(), this.close("signed-out", "This session was signed out.");
      case "refused":
        return this.close("refused", this.#l || `The gateway refused the connection (${t} ${s}).`);
    }
  }
  /** The connection is no good any more, though the socket does not say so. */
  #v() {
    this.#p(), this.#y();
  }
  #y() {
    const t = Math.max(0, this.#m - Date.now()) + this.#n.next();
    this.#_({ state: "waiting", until: Date.now() + t }), this.#w("return", t, () => void this.#u());
  }
  /** Let go of the socket, and of all that waits for something on it. */
  #p() {
    for (const s of [...this.#a.keys()]) this.#b(s);
    const t = this.#s;
    this.#s = null, t !== null && (t.onopen = t.onmessage = t.onclose = null, t.close());
  }
  #_(t) {
    this.#t = t, this.handlers.status(t);
  }
  #w(t, s, e) {
    this.#b(t), this.#a.set(t, setTimeout(e, Math.min(Math.max(0, s), B)));
  }
  #b(t) {
    clearTimeout(this.#a.get(t)), this.#a.delete(t);
  }
}
function F(i) {
  try {
    const t = JSON.parse(String(i));
    return typeof t == "object" && t !== null && "type" in t && typeof t.type == "string" ? t : null;
  } catch {
    return null;
  }
}
class _ {
  #t = /* @__PURE__ */ new Map();
  /** Returns what takes the listener away again. */
  on(t, s) {
    const e = this.#t.get(t) ?? /* @__PURE__ */ new Set();
    return this.#t.set(t, e.add(s)), () => void e.delete(s);
  }
  emit(t, s) {
    for (const e of [...this.#t.get(t) ?? []])
      try {
        e(s);
      } catch (n) {
        queueMicrotask(() => {
          throw n;
        });
      }
  }
}
const H = 1e3, p = 20, W = 100;
class V {
  /** `send` says whether it could. */
  constructor(t) {
    this.send = t;
  }
  #t = /* @__PURE__ */ new Map();
  #s = [];
  #e = p;
  #r = null;
  get size() {
    return this.#t.size;
  }
  /** Resolves when the gateway has answered; raises ProblemError if it refuses, NotConnected after a sign-out. */
  add(t) {
    const s = this.#t.get(t.id);
    if (s !== void 0) return s.done;
    if (this.#t.size >= H) return Promise.reject(new u("too many changes wait for a connection"));
    const e = { frame: t };
    return e.done = new Promise((n, o) => Object.assign(e, { resolve: n, reject: o })), this.#t.set(t.id, e), this.#s.push(t.id), this.#i(), e.done;
  }
  answered(t, s) {
    const e = this.#t.get(t);
    e !== void 0 && (this.#t.delete(t), s === null ? e.resolve() : e.reject(new a(s)));
  }
  /** There is a new connection: everything that was not answered goes out again, in order. */
  resend() {
    this.#s = [...this.#t.keys()], this.#i();
  }
  abandon(t) {
    const s = [...this.#t.values()];
    this.#t.clear(), this.#s = [];
    for (const e of s) e.reject(t);
  }
  #i() {
    for (; this.#e > 0 && this.#s.length > 0; ) {
      const t = this.#s[0], s = this.#t.get(t);
      if (s !== void 0) {
        if (!this.send(s.frame)) return;
        this.#e -= 1;
      }
      this.#s.shift();
    }
    this.#e < p && this.#r === null && (this.#r = setTimeout(() => {
      this.#r = null, this.#e += 1, this.#i();
    }, W));
  }
}
const Y = "pavilion/1";
function q() {
  return {
    fetch: (i, t) => fetch(i, t),
    openSocket: (i) => new WebSocket(i),
    random: Math.random,
    newId: K,
    locks: globalThis.navigator?.locks ?? null,
    openChannel: "BroadcastChannel" in globalThis ? (i) => new BroadcastChannel(i) : null,
    visible: () => globalThis.document === void 0 || document.visibilityState === "visible",
    onWake(i) {
      const t = () => document.visibilityState === "visible" && i();
      return addEventListener("online", i), document.addEventListener("visibilitychange", t), () => {
        removeEventListener("online", i), document.removeEventListener("visibilitychange", t);
      };
    }
  };
}
function K() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((i) => i.toString(16).padStart(2, "0")).join("");
}
const w = 1e4, Q = 4e3;
class X {
  constructor(t, s, e) {
    this.base = t, this.token = s, this.platform = e;
  }
  list({ limit: t, cursor: s, state: e, type: n } = {}) {
    const o = new URLSearchParams();
    t !== void 0 && o.set("limit", String(t));
    for (const [r, h] of Object.entries({ cursor: s, state: e, type: n })) h && o.set(r, h);
    return this.#t("GET", `/v1/notifications?${o}`);
  }
  get(t) {
    return this.#t("GET", `/v1/notifications/${encodeURIComponent(t)}`);
  }
  delete(t) {
    return this.#t("DELETE", `/v1/notifications/${encodeURIComponent(t)}`);
  }
  /** Like `Client.mark`, without a socket. With the same `id` again nothing changes. */
  mark(t) {
    return this.#t("POST", "/v1/notifications/mark", t);
  }
  counts() {
    return this.#t("GET", "/v1/counts");
  }
  preferences() {
    return this.#t("GET", "/v1/preferences");
  }
  setPreferences(t) {
    return this.#t("PUT", "/v1/preferences", t);
  }
  endSession(t) {
    return this.#t("DELETE", `/v1/sessions/${encodeURIComponent(t)}`);
  }
  refresh(t) {
    return this.#s("POST", "/v1/sessions/refresh", { refresh_token: t }, null, Q);
  }
  async #t(t, s, e) {
    const n = await this.token();
    try {
      return await this.#s(t, s, e, n, w);
    } catch (o) {
      if (!(o instanceof a) || o.problem.status !== 401) throw o;
      return this.#s(t, s, e, await this.token(n), w);
    }
  }
  async #s(t, s, e, n, o) {
    const r = {};
    n !== null && (r.authorization = `Bearer ${n}`), e !== void 0 && (r["content-type"] = "application/json");
    const h = { method: t, headers: r, credentials: "omit", signal: AbortSignal.timeout(o) };
    e !== void 0 && (h.body = JSON.stringify(e));
    let l, c;
    try {
      l = await this.platform.fetch(this.base + s, h), c = await l.text();
    } catch (I) {
      throw new T("the gateway cannot be reached", { cause: I });
    }
    if (!l.ok) throw new a(Z(l, c), tt(l));
    return c === "" ? void 0 : JSON.parse(c);
  }
}
function Z(i, t) {
  try {
    const s = JSON.parse(t);
    if (typeof s == "object" && s !== null && "title" in s) return s;
  } catch {
  }
  return { type: "about:blank", title: i.statusText || `HTTP ${i.status}`, status: i.status };
}
function tt(i) {
  const t = Number(i.headers.get("retry-after") ?? "");
  return Number.isFinite(t) && t > 0 ? t * 1e3 : null;
}
class st {
  constructor(t, s, e) {
    this.name = t, this.platform = s, this.handlers = e;
  }
  #t = null;
  #s = null;
  #e = null;
  #r = !1;
  get leads() {
    return this.#r;
  }
  /** Whether there can be other tabs. */
  get shared() {
    return this.#t !== null;
  }
  join() {
    const { locks: t, openChannel: s } = this.platform;
    if (this.name === null || t === null || s === null) {
      this.#l(!1);
      return;
    }
    this.#t = s(this.name), this.#t.onmessage = (e) => this.handlers.message(e.data), this.#i(t, this.name, !1);
  }
  post(t) {
    this.#t?.postMessage(t);
  }
  /** Take over from a tab that holds the lock and does nothing, as one that the system has frozen. */
  take() {
    const { locks: t } = this.platform;
    this.name === null || t === null || this.#t === null || this.#r || (this.#e?.abort(), this.#i(t, this.name, !0));
  }
  leave() {
    this.#r = !1, this.#e?.abort(), this.#e = null, this.#s?.(), this.#s = null, this.#t?.close(), this.#t = null;
  }
  #i(t, s, e) {
    const n = new AbortController();
    this.#e = n;
    const o = e ? { steal: e } : { signal: n.signal }, r = () => new Promise((h) => {
      if (this.#e !== n) return h();
      this.#s = h, this.#l(e);
    });
    t.request(s, o, r).catch((h) => {
      this.#e === n && (this.#s = null, h instanceof Error && h.name === "AbortError" ? (this.#r = !1, this.handlers.follow(), this.#i(t, s, !1)) : (this.leave(), this.#l(!1)));
    });
  }
  #l(t) {
    this.#r = !0, this.handlers.lead(t);
  }
}
const et = /* @__PURE__ */ new Set(["seen", "read", "unread", "archived", "deleted"]), g = 200, it = 5e3, nt = 12e3, rt = 1e4;
class ct {
  rest;
  #t = { state: "idle" };
  #s = { unseen: 0, unread: 0 };
  #e = !1;
  #r = "";
  #i = 0;
  #l = null;
  #m = null;
  #g = /* @__PURE__ */ new Set();
  #n = new _();
  #a;
  #u;
  #d = new A();
  #h;
  #c;
  #f;
  #o;
  #S;
  constructor(t) {
    const s = this.#a = { ...q(), ...t.platform }, e = (t.url ?? location.origin).replace(/\/+$/, ""), n = t.user ?? null;
    this.#u = s.newId(), this.#S = nt * (1 + s.random() / 5), this.rest = new X(e, (r) => this.#G(r), s), this.#h = new R(
      t.session,
      (r) => this.rest.refresh(r),
      () => this.#b()
    ), this.#f = new V((r) => this.#E(r)), this.#o = new st(n === null ? null : `${Y} ${e} ${n}`, s, {
      lead: (r) => this.#_(r),
      follow: () => this.#D(),
      message: (r) => this.#C(r)
    });
    const o = `${e.replace(/^http/, "ws")}/v1/stream`;
    this.#c = new J(o, n, this.#h, this.#d, s, {
      status: (r) => this.#p(r),
      frame: (r) => this.#M(r)
    });
  }
  get status() {
    return this.#t;
  }
  /** Exact, and of the last frame. */
  get counts() {
    return this.#s;
  }
  /** Returns what takes the listener away again. */
  on(t, s) {
    return this.#n.on(t, s);
  }
  /** Connect, or after `closed` try again: with a new session, if the old one ended. */
  start() {
    if (this.#e) {
      this.#o.leads ? this.#c.start() : this.#k({ kind: "start" });
      return;
    }
    this.#e = !0, this.#m = this.#a.onWake(() => this.#z()), this.#p({ state: "connecting" }), this.#o.join(), !this.#o.leads && (this.#x(), this.#k({ kind: "start" }));
  }
  /** Let go of everything; if this tab led, another one goes on. */
  stop() {
    this.#e && (this.#e = !1, this.#m?.(), this.#N(), this.#o.leave(), this.#c.release(), this.#p({ state: "closed", reason: "stopped", detail: "The client was stopped." }));
  }
  /** End the session: on every tab of this browser now, and its access token opens no socket any more. */
  async signOut() {
    const { held: t } = this.#h;
    try {
      t !== null && await this.rest.endSession(t.tokens.session_id);
    } catch (s) {
      if (!(s instanceof a && [401, 404].includes(s.problem.status))) throw s;
    }
    this.#o.leads ? this.#w() : this.#k({ kind: "signed-out" });
  }
  /**
   * Change the state of some notifications (at most 200), or of everything up to one (ids are in order of time). Waits
   * for a connection if there is none. `id` is the mark's own, which its `change` event carries.
   * Raises ProblemError, or NotConnected if the client is or gets closed.
   */
  async mark(t, s, e = this.newId()) {
    if (!this.#I) throw new u("not connected");
    if ("upTo" in s) return this.#f.add({ type: "mark", id: e, state: t, up_to: s.upTo });
    const { length: n } = s.notifications;
    if (n < 1 || n > g) throw new RangeError(`a mark has 1 to ${g} ids, not ${n}`);
    return this.#f.add({ type: "mark", id: e, state: t, notifications: [...s.notifications] });
  }
  /** An id for a mark. */
  newId() {
    return this.#a.newId();
  }
  get #I() {
    return this.#t.state !== "idle" && this.#t.state !== "closed";
  }
  #E(t) {
    return this.#o.leads ? this.#c.send(t) : (this.#k({ kind: "mark", frame: t }), this.#o.shared);
  }
  // -- what the gateway tells, in every tab
  #M(t) {
    if (t.type === "marked" || t.type === "error") {
      t.id != null && this.#f.answered(t.id, t.type === "error" ? t.problem : null);
      return;
    }
    this.#k({ kind: "frame", from: this.#u, frame: t }), this.#v(t);
  }
  #v(t) {
    const { unseen: s, unread: e } = t;
    switch (typeof s == "number" && typeof e == "number" && this.#y({ unseen: s, unread: e }), t.type) {
      case "connected":
        t.recovered || this.#n.emit("reload", "position");
        break;
      case "notification":
        this.#n.emit("notification", t.notification);
        break;
      case "state":
        et.has(t.state) ? this.#n.emit("change", t) : t.state === "released" && this.#n.emit("reload", "released");
    }
  }
  #y(t) {
    this.#s = t, this.#n.emit("counts", t);
  }
  #p(t) {
    this.#t = t, t.state === "closed" && this.#f.abandon(new u(t.detail)), t.state === "live" && this.#o.leads && this.#f.resend(), this.#b(), this.#n.emit("status", t);
  }
  // -- leading
  #_(t) {
    this.#N(), this.#r = this.#u, t && this.#h.forget(), this.#t.state !== "closed" && this.#c.start(), this.#R();
  }
  #w() {
    this.#h.forget(), this.#c.close("signed-out", "You signed out.");
  }
  #b() {
    if (!this.#o.leads) return;
    const { held: t, rotating: s } = this.#h, e = { status: this.#t, held: t, rotating: s, position: this.#d.position, counts: this.#s };
    this.#k({ kind: "standing", from: this.#u, standing: e });
  }
  #O(t) {
    switch (t.kind) {
      case "hello":
        return this.#b();
      case "wake":
        return this.#c.wake();
      case "start":
        return this.#c.start();
      case "signed-out":
        return this.#w();
      case "mark":
        return this.#T(t.frame);
      case "renew":
        this.#A(t.refused);
    }
  }
  #T(t) {
    const s = (e) => this.#k({ kind: "answer", from: this.#u, id: t.id, problem: e });
    this.#f.add(t).then(
      () => s(null),
      // Not a problem: this client is closed, as its followers hear.
      (e) => e instanceof a && s(e.problem)
    );
  }
  async #A(t) {
    try {
      await this.#h.renew(t), this.#b();
    } catch {
    }
  }
  // -- following
  #D() {
    this.#c.release(), this.#r = "", this.#p({ state: "connecting" }), this.#x();
  }
  #x() {
    this.#N(), this.#i = Date.now(), this.#k({ kind: "hello" }), this.#l = setInterval(() => {
      this.#a.visible() ? Date.now() - this.#i > this.#S ? this.#o.take() : this.#k({ kind: "hello" }) : this.#i = Date.now();
    }, it);
  }
  #N() {
    this.#l !== null && clearInterval(this.#l), this.#l = null;
  }
  #C(t) {
    "from" in t ? this.#o.leads || this.#$(t) : this.#o.leads && this.#O(t);
  }
  #$(t) {
    switch (this.#i = Date.now(), t.kind) {
      case "standing":
        this.#P(t.from, t.standing);
        break;
      case "frame":
        this.#j(t.frame);
        break;
      case "answer":
        this.#f.answered(t.id, t.problem);
    }
  }
  #P(t, s) {
    this.#h.held = s.held, this.#h.rotating = s.rotating;
    const { position: e } = s;
    e !== null && this.#d.position === null ? (this.#d.position = e, this.#y(s.counts), this.#n.emit("reload", "position")) : e !== null && this.#L(e), JSON.stringify(s.status) !== JSON.stringify(this.#t) && this.#p(s.status), t !== this.#r && (this.#r = t, this.#f.resend()), this.#R();
  }
  #j(t) {
    t.type === "connected" ? (t.recovered || (this.#d.position = t.position), this.#v(t)) : this.#d.position !== null && "position" in t && this.#L(t.position) && this.#v(t);
  }
  /** Whether `position` is the next. If this tab has missed something, it loads again. */
  #L(t) {
    const s = this.#d.advance(t);
    return s === "gap" && (this.#d.position = t, this.#n.emit("reload", "position")), s !== "old";
  }
  #z() {
    this.#i = Date.now(), this.#o.leads ? this.#c.wake() : (this.#k({ kind: "hello" }), this.#k({ kind: "wake" }));
  }
  #k(t) {
    this.#o.post(t);
  }
  // -- tokens for REST: the tab that leads renews them, the others ask it
  async #G(t) {
    const s = Date.now() + rt;
    for (; ; ) {
      if (!this.#I) throw new u("not connected");
      if (this.#o.leads) return t === void 0 ? this.#h.token() : this.#h.renew(t);
      const { held: e } = this.#h, n = e?.tokens.access_token ?? "";
      if (this.#h.valid && n !== t) return n;
      if (Date.now() >= s) throw new T("no tab of this browser has a session");
      this.#k({ kind: "renew", refused: n }), await this.#U(1e3);
    }
  }
  #U(t) {
    return new Promise((s) => {
      const e = () => {
        clearTimeout(n), this.#g.delete(e), s();
      }, n = setTimeout(e, t);
      this.#g.add(e);
    });
  }
  #R() {
    for (const t of [...this.#g]) t();
  }
}
function m(i, t) {
  return i.notifications != null ? i.notifications.includes(t) : i.up_to != null && t <= i.up_to;
}
function k(i, { state: t, at: s }) {
  switch (t) {
    case "deleted":
      return null;
    case "seen":
      return i.seen_at == null ? { ...i, seen_at: s } : i;
    case "read":
      return i.read_at == null ? { ...i, read_at: s, seen_at: i.seen_at ?? s } : i;
    case "unread":
      return i.read_at == null ? i : { ...i, read_at: null };
    case "archived":
      return i.archived_at == null ? { ...i, archived_at: s } : i;
  }
}
function v(i) {
  return i === null || i.archived_at != null ? { unseen: 0, unread: 0 } : { unseen: +(i.seen_at == null), unread: +(i.read_at == null) };
}
const ot = 200, ht = 3e3, at = 5e3, f = 500, y = 1e3, lt = 3e4;
class ut {
  constructor(t, s = {}) {
    this.client = t, this.#t = s.view ?? "all", this.pageSize = s.pageSize ?? 30, this.#d = new b(y, lt, s.random ?? Math.random), this.#h = [
      t.on("reload", () => void this.reload()),
      t.on("notification", (e) => this.#M({ notification: e })),
      t.on("change", (e) => this.#M({ change: e })),
      t.on("counts", () => this.#T()),
      t.on("status", () => this.#I())
    ], this.#g = setTimeout(() => void this.reload(), t.status.state === "live" ? 0 : ht);
  }
  /** `failed`: the list could not be loaded; `error` says why. While `retrying` it is tried again by itself. */
  status = "loading";
  error = null;
  retrying = !1;
  /** A further page is being loaded, or could not be. */
  more = "idle";
  #t;
  #s = null;
  #e = "";
  #r = 0;
  #i = null;
  #l = [];
  #m = null;
  #g = null;
  #n = /* @__PURE__ */ new Map();
  #a = [];
  #u = new _();
  #d;
  #h;
  pageSize;
  on(t, s) {
    return this.#u.on(t, s);
  }
  close() {
    for (const t of this.#h) t();
    this.#i = null, this.#E(null);
    for (const { timer: t } of this.#a) t !== null && clearTimeout(t);
  }
  get view() {
    return this.#t;
  }
  set view(t) {
    t !== this.#t && (this.#t = t, this.#n.clear(), this.#s = null, this.reload());
  }
  /** There is a page after the last one. */
  get hasMore() {
    return this.#s !== null;
  }
  /** The id of the newest that was ever here; empty if none was. */
  get newest() {
    return this.#e;
  }
  /** What this view shows, newest first. */
  get items() {
    return this.#m ??= [...this.#n.values()].map((t) => this.#b(t)).filter((t) => t !== null && this.#O(t)).sort((t, s) => t.id < s.id ? 1 : -1), this.#m;
  }
  /** The exact counts, and what the changes on their way will make of them. */
  get counts() {
    const t = { ...this.client.counts };
    if (this.#a.length === 0) return t;
    for (const s of this.#n.values()) {
      const e = v(s), n = v(this.#b(s));
      t.unseen += n.unseen - e.unseen, t.unread += n.unread - e.unread;
    }
    for (const { change: s } of this.#a)
      s.up_to == null || s.up_to < this.#e || (s.state !== "unread" && (t.unseen = 0), s.state !== "unread" && s.state !== "seen" && (t.unread = 0));
    return { unseen: Math.max(0, t.unseen), unread: Math.max(0, t.unread) };
  }
  // -- loading
  /** The whole list again, as long as it was. What comes live meanwhile is applied after it. */
  async reload() {
    const t = this.#i = {}, s = Math.min(ot, this.#r > f ? 0 : this.#n.size);
    this.#E(null), this.#l = [], this.more = "idle", this.#n.size === 0 && (this.status = "loading"), this.#T();
    try {
      const e = await this.client.rest.list(this.#c({ limit: Math.max(this.pageSize, s) }));
      if (this.#i !== t) return;
      this.#n.clear(), this.#r = 0, this.#f(e.data, e.page.next);
    } catch (e) {
      this.#i === t && this.#o(e);
    }
  }
  /** The next page, if there is one and none is on its way. */
  async loadMore() {
    if (this.#s === null || this.#i !== null) return;
    const t = this.#i = {};
    this.more = "loading", this.#T();
    try {
      const s = await this.client.rest.list(this.#c({ limit: this.pageSize, cursor: this.#s }));
      this.#i === t && this.#f(s.data, s.page.next);
    } catch (s) {
      if (this.#i !== t) return;
      this.error = s, this.more = "failed", this.#S();
    }
  }
  #c(t) {
    return this.#t === "all" ? t : { ...t, state: this.#t };
  }
  #f(t, s) {
    for (const e of t) this.#y(e);
    this.#s = s, this.status = "ready", this.more = "idle", this.error = null, this.retrying = !1, this.#d.reset(), this.#S();
  }
  #o(t) {
    this.error = t, this.status = this.#n.size === 0 ? "failed" : "ready", this.retrying = d(t), this.retrying && this.#E(setTimeout(() => void this.reload(), this.#d.next() + y)), this.#S();
  }
  #S() {
    this.#i = null;
    for (const t of this.#l.splice(0)) this.#v(t);
    this.#T();
  }
  #I() {
    const { state: t } = this.client.status;
    t === "live" && this.#i === null && (this.status !== "ready" || this.retrying) ? this.reload() : this.#T();
  }
  #E(t) {
    this.#g !== null && clearTimeout(this.#g), this.#g = t;
  }
  // -- what happens
  #M(t) {
    this.#i === null ? this.#v(t) : this.#l.push(t) > f && this.reload(), this.#T(), "notification" in t && this.#u.emit("arrival", t.notification);
  }
  #v(t) {
    if ("notification" in t) {
      this.#y(t.notification), this.#r += 1, this.#r > f && this.reload();
      return;
    }
    const { change: s } = t;
    this.#p(s), this.#w((n) => n.change.id === s.id), s.state === this.#t && !s.notifications?.every((n) => this.#n.has(n)) && this.#E(setTimeout(() => void this.reload(), 0));
  }
  #y(t) {
    this.#n.set(t.id, t), t.id > this.#e && this.#t !== "archived" && (this.#e = t.id);
  }
  #p(t) {
    for (const s of this.#n.values()) {
      if (!m(t, s.id)) continue;
      const e = k(s, t);
      e === null ? this.#n.delete(s.id) : this.#n.set(s.id, e);
    }
  }
  // -- what the user does
  /** Raises what refused it, after the change was taken back. */
  mark(t, s) {
    return this.#_(t, { notifications: [...s] });
  }
  /** Everything up to the newest that was ever here, so also what is not loaded. */
  async markAll(t) {
    this.#e === "" && (this.#e = (await this.client.rest.list({ limit: 1 })).data[0]?.id ?? ""), this.#e !== "" && await this.#_(t, { upTo: this.#e });
  }
  async #_(t, s) {
    const e = this.client.newId(), n = "upTo" in s ? { up_to: s.upTo } : s, o = { change: { id: e, state: t, at: (/* @__PURE__ */ new Date()).toISOString(), ...n }, timer: null };
    this.#a.push(o), this.#T();
    try {
      await this.client.mark(t, s, e), this.#p(o.change), o.timer = setTimeout(() => this.#w((r) => r === o), at);
    } catch (r) {
      throw this.#w((h) => h === o), this.#u.emit("refused", { state: t, error: r }), r;
    }
  }
  #w(t) {
    for (const s of this.#a.filter(t))
      s.timer !== null && clearTimeout(s.timer), this.#a.splice(this.#a.indexOf(s), 1);
    this.#T();
  }
  /** As it will be when everything on its way has been answered. */
  #b(t) {
    let s = t;
    for (const { change: e } of this.#a) s !== null && m(e, s.id) && (s = k(s, e));
    return s;
  }
  #O(t) {
    return this.#t === "archived" ? t.archived_at != null : t.archived_at == null && (this.#t === "all" || t.read_at == null);
  }
  #T() {
    this.#m = null, this.#u.emit("change", void 0);
  }
}
export {
  ct as Client,
  ut as InboxList,
  u as NotConnected,
  a as ProblemError,
  X as Rest,
  S as SignedOut,
  T as Unreachable,
  d as isTransient,
  N as messageOf
};
