class S {
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
const x = /* @__PURE__ */ new Set([1002, 1003, 1007, 1008, 1009, 1010]);
function N(i) {
  return i === 4005 ? "refresh" : i === 4500 ? "new session" : i === 4503 ? "signed out" : i >= 4500 && i <= 4999 || x.has(i) ? "refused" : "come back";
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
class E extends Error {
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
function p(i) {
  return i instanceof a ? i.retryAfter ?? 0 : 0;
}
function L(i) {
  return i instanceof Error ? i.message : String(i);
}
class _ extends Error {
  name = "SignedOut";
  transient = !1;
}
const R = 6e4, A = 8e3;
function I(i) {
  return Math.min(R, i / 2);
}
class D {
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
    const s = t.until - I(t.tokens.expires_in * 1e3);
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
    const t = (this.held && await this.#n(this.held)) ?? await this.open();
    if (t === null)
      throw this.forget(), new _("nobody is signed in");
    return this.held = { tokens: t, until: Date.now() + t.expires_in * 1e3 }, this.rotating = null, this.changed(), t.access_token;
  }
  /** Null if the session has ended, so that only a new one helps. */
  async #n({ tokens: t }) {
    if (t.refresh_token === void 0 || (this.rotating ??= Date.now(), Date.now() - this.rotating > A)) return null;
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
class C {
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
function $(i) {
  if (typeof i != "object" || i === null) return !1;
  const { epoch: t, offset: s, tail: e } = i;
  return typeof t == "string" && Number.isSafeInteger(s) && typeof e == "string";
}
const P = 500, j = 3e4, z = 15e3, G = 1e4, U = 3e3, B = 15e3, J = 2e3, F = 2 ** 31 - 1;
class W {
  constructor(t, s, e, n, h, r) {
    this.url = t, this.user = s, this.session = e, this.track = n, this.platform = h, this.handlers = r, this.#l = new S(P, j, h.random);
  }
  #t = { state: "idle" };
  #s = null;
  #e = null;
  /** The access token that this socket has shown. */
  #n = "";
  #i = 25;
  /** What the gateway said before it closed. */
  #o = "";
  #u = 0;
  #m = !1;
  #l;
  #r = /* @__PURE__ */ new Map();
  get status() {
    return this.#t;
  }
  start() {
    const { state: t } = this.#t;
    (t === "idle" || t === "closed") && (this.#l.reset(), this.#u = 0, this.#m = !1, this.#c());
  }
  /** While waiting, try now. */
  wake() {
    this.#t.state === "waiting" && Date.now() >= this.#u && this.#c();
  }
  close(t, s) {
    this.#w(), this.#E({ state: "closed", reason: t, detail: s });
  }
  /** Let go without a word: another tab has the connection from now on, or nobody. */
  release() {
    this.#w(), this.#t = { state: "idle" };
  }
  /** False if it cannot be sent now. */
  send(t) {
    return this.#t.state !== "live" || this.#s === null ? !1 : (this.#s.send(JSON.stringify(t)), !0);
  }
  async #c() {
    this.#w();
    const t = { state: "connecting" };
    this.#E(t);
    try {
      const s = await this.session.token();
      this.#t === t && this.#d(s);
    } catch (s) {
      this.#t === t && this.#a(s);
    }
  }
  #d(t) {
    const s = this.platform.openSocket(this.url);
    this.#s = s, this.#n = t, this.#o = "", this.#g("connect", z, () => this.#v()), s.onopen = () => {
      const { position: e } = this.track;
      s.send(JSON.stringify({ type: "connect", token: t, position: e }));
    }, s.onmessage = (e) => s === this.#s && this.#f(e.data), s.onclose = (e) => s === this.#s && this.#_(e.code, e.reason);
  }
  #a(t) {
    this.#u = Math.max(this.#u, Date.now() + p(t)), d(t) ? this.#y() : this.close(t instanceof _ ? "signed-out" : "no-session", L(t));
  }
  #f(t) {
    const s = H(t);
    if (s !== null)
      switch (this.#I(), s.type) {
        case "connected":
          this.#p(s);
          break;
        case "ping":
          this.#s?.send(JSON.stringify({ type: "pong" }));
          break;
        case "refreshed":
          this.#S(s.expires_in);
          break;
        case "reconnect":
          this.#u = Date.now() + s.after_ms, this.#g("leave", s.after_ms + J, () => this.#v());
          break;
        case "error":
          s.id == null && (this.#o = s.problem.detail || s.problem.title), this.handlers.frame(s);
          break;
        default:
          this.#h(s);
      }
  }
  #p(t) {
    if (this.user !== null && t.user !== this.user) {
      this.session.forget(), this.close("wrong-user", "The session belongs to another user.");
      return;
    }
    this.#e !== null && t.user !== this.#e && (this.track.position = null), this.#e = t.user, this.#b("connect"), this.#u = 0, this.#m = !1, this.#i = t.ping_seconds, this.#I(), this.#S(t.expires_in), this.#g("stable", G, () => this.#l.reset()), t.recovered || (this.track.position = t.position), this.handlers.frame(t), this.#E({ state: "live" });
  }
  #h(t) {
    if ("position" in t && $(t.position))
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
  #I() {
    this.#g("silence", this.#i * 1e3 + B, () => this.#v());
  }
  #S(t) {
    const s = t * 1e3;
    this.#g("refresh", s - I(s), () => void this.#M());
  }
  async #M() {
    const t = this.#s;
    try {
      const s = await this.session.renew(this.#n);
      if (t !== this.#s) return;
      this.#n = s, this.send({ type: "refresh", token: s });
    } catch (s) {
      if (t !== this.#s) return;
      const e = p(s) + U * (0.5 + this.platform.random());
      d(s) ? this.#g("refresh", e, () => void this.#M()) : this.#a(s);
    }
  }
  // -- leaving and coming back
  #_(t, s) {
    switch (this.#w(), N(t)) {
      case "come back":
        return this.#y();
      case "refresh":
        return this.session.expire(), this.#y();
      case "new session":
        return this.session.forget(), this.#m ? this.close("refused", `The gateway refused a new session (${t} ${s}).`) : (this.#m = !0, this.#y());
      case "signed out":
        return this.session.forget(), this.close("signed-out", "This session was signed out.");
      case "refused":
        return this.close("refused", this.#o || `The gateway refused the connection (${t} ${s}).`);
    }
  }
  /** The connection is no good any more, though the socket does not say so. */
  #v() {
    this.#w(), this.#y();
  }
  #y() {
    const t = Math.max(0, this.#u - Date.now()) + this.#l.next();
    this.#E({ state: "waiting", until: Date.now() + t }), this.#g("return", t, () => void this.#c());
  }
  /** Let go of the socket, and of all that waits for something on it. */
  #w() {
    for (const s of [...this.#r.keys()]) this.#b(s);
    const t = this.#s;
    this.#s = null, t !== null && (t.onopen = t.onmessage = t.onclose = null, t.close());
  }
  #E(t) {
    this.#t = t, this.handlers.status(t);
  }
  #g(t, s, e) {
    this.#b(t), this.#r.set(t, setTimeout(e, Math.min(Math.max(0, s), F)));
  }
  #b(t) {
    clearTimeout(this.#r.get(t)), this.#r.delete(t);
  }
}
function H(i) {
  try {
    const t = JSON.parse(String(i));
    return typeof t == "object" && t !== null && "type" in t && typeof t.type == "string" ? t : null;
  } catch {
    return null;
  }
}
class M {
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
const V = 1e3, w = 20, g = 100;
class Y {
  /** `send` says whether it could. */
  constructor(t) {
    this.send = t;
  }
  #t = /* @__PURE__ */ new Map();
  #s = [];
  #e = w;
  #n = 0;
  #i = null;
  get size() {
    return this.#t.size;
  }
  /** Resolves when the gateway has answered; raises ProblemError if it refuses, NotConnected after a sign-out. */
  add(t) {
    const s = this.#t.get(t.id);
    if (s !== void 0) return s.done;
    if (this.#t.size >= V) return Promise.reject(new u("too many changes wait for a connection"));
    const e = { frame: t };
    return e.done = new Promise((n, h) => Object.assign(e, { resolve: n, reject: h })), this.#t.set(t.id, e), this.#s.push(t.id), this.#o(), e.done;
  }
  answered(t, s) {
    const e = this.#t.get(t);
    e !== void 0 && (this.#t.delete(t), s === null ? e.resolve() : e.reject(new a(s)));
  }
  /** There is a new connection: everything that was not answered goes out again, in order. */
  resend() {
    this.#s = [...this.#t.keys()], this.#o();
  }
  abandon(t) {
    const s = [...this.#t.values()];
    this.#t.clear(), this.#s = [], this.#i !== null && clearTimeout(this.#i), this.#i = null;
    for (const e of s) e.reject(t);
  }
  #o() {
    for (this.#u(); this.#e >= 1 && this.#s.length > 0; ) {
      const t = this.#t.get(this.#s[0]);
      if (t !== void 0) {
        if (!this.send(t.frame)) return;
        this.#e -= 1;
      }
      this.#s.shift();
    }
    this.#s.length === 0 || this.#i !== null || (this.#i = setTimeout(() => {
      this.#i = null, this.#o();
    }, g));
  }
  #u() {
    const t = Date.now();
    this.#e = Math.min(w, this.#e + Math.max(0, t - this.#n) / g), this.#n = t;
  }
}
const q = "pavilion/1";
function K() {
  return {
    fetch: (i, t) => fetch(i, t),
    openSocket: (i) => new WebSocket(i),
    random: Math.random,
    newId: Q,
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
function Q() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((i) => i.toString(16).padStart(2, "0")).join("");
}
const m = 1e4, X = 4e3;
class Z {
  constructor(t, s, e) {
    this.base = t, this.token = s, this.platform = e;
  }
  list({ limit: t, cursor: s, state: e, type: n } = {}) {
    const h = new URLSearchParams();
    t !== void 0 && h.set("limit", String(t));
    for (const [r, o] of Object.entries({ cursor: s, state: e, type: n })) o && h.set(r, o);
    return this.#t("GET", `/v1/notifications?${h}`);
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
  /** What is given is set, and the rest stays. */
  setPreferences(t) {
    return this.#t("PUT", "/v1/preferences", t);
  }
  endSession(t) {
    return this.#t("DELETE", `/v1/sessions/${encodeURIComponent(t)}`);
  }
  refresh(t) {
    return this.#s("POST", "/v1/sessions/refresh", { refresh_token: t }, null, X);
  }
  async #t(t, s, e) {
    const n = await this.token();
    try {
      return await this.#s(t, s, e, n, m);
    } catch (h) {
      if (!(h instanceof a) || h.problem.status !== 401) throw h;
      return this.#s(t, s, e, await this.token(n), m);
    }
  }
  async #s(t, s, e, n, h) {
    const r = {};
    n !== null && (r.authorization = `Bearer ${n}`), e !== void 0 && (r["content-type"] = "application/json");
    const o = { method: t, headers: r, credentials: "omit", signal: AbortSignal.timeout(h) };
    e !== void 0 && (o.body = JSON.stringify(e));
    let l, c;
    try {
      l = await this.platform.fetch(this.base + s, o), c = await l.text();
    } catch (O) {
      throw new E("the gateway cannot be reached", { cause: O });
    }
    if (!l.ok) throw new a(tt(l, c), st(l));
    return c === "" ? void 0 : JSON.parse(c);
  }
}
function tt(i, t) {
  try {
    const s = JSON.parse(t);
    if (typeof s == "object" && s !== null && "title" in s) return s;
  } catch {
  }
  return { type: "about:blank", title: i.statusText || `HTTP ${i.status}`, status: i.status };
}
function st(i) {
  const t = Number(i.headers.get("retry-after") ?? "");
  return Number.isFinite(t) && t > 0 ? t * 1e3 : null;
}
class et {
  constructor(t, s, e) {
    this.name = t, this.platform = s, this.handlers = e;
  }
  #t = null;
  #s = null;
  #e = null;
  #n = !1;
  get leads() {
    return this.#n;
  }
  /** Whether there can be other tabs. */
  get shared() {
    return this.#t !== null;
  }
  join() {
    const { locks: t, openChannel: s } = this.platform;
    if (this.name === null || t === null || s === null) {
      this.#o(!1);
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
    this.name === null || t === null || this.#t === null || this.#n || (this.#e?.abort(), this.#i(t, this.name, !0));
  }
  leave() {
    this.#n = !1, this.#e?.abort(), this.#e = null, this.#s?.(), this.#s = null, this.#t?.close(), this.#t = null;
  }
  #i(t, s, e) {
    const n = new AbortController();
    this.#e = n;
    const h = e ? { steal: e } : { signal: n.signal }, r = () => new Promise((o) => {
      if (this.#e !== n) return o();
      this.#s = o, this.#o(e);
    });
    t.request(s, h, r).catch((o) => {
      this.#e === n && (this.#s = null, o instanceof Error && o.name === "AbortError" ? (this.#n = !1, this.handlers.follow(), this.#i(t, s, !1)) : (this.leave(), this.#o(!1)));
    });
  }
  #o(t) {
    this.#n = !0, this.handlers.lead(t);
  }
}
const it = /* @__PURE__ */ new Set(["seen", "read", "unread", "archived", "deleted"]), k = 200, nt = 5e3, rt = 12e3, ht = 1e4;
class ut {
  rest;
  #t = { state: "idle" };
  #s = { unseen: 0, unread: 0 };
  #e = !1;
  #n = "";
  #i = 0;
  #o = null;
  #u = null;
  #m = /* @__PURE__ */ new Set();
  #l = new M();
  #r;
  #c;
  #d = new C();
  #a;
  #f;
  #p;
  #h;
  #I;
  constructor(t) {
    const s = this.#r = { ...K(), ...t.platform }, e = (t.url ?? location.origin).replace(/\/+$/, ""), n = t.user ?? null;
    this.#c = s.newId(), this.#I = rt * (1 + s.random() / 5), this.rest = new Z(e, (r) => this.#G(r), s), this.#a = new D(
      t.session,
      (r) => this.rest.refresh(r),
      () => this.#b()
    ), this.#p = new Y((r) => this.#M(r)), this.#h = new et(n === null ? null : `${q} ${e} ${n}`, s, {
      lead: (r) => this.#E(r),
      follow: () => this.#T(),
      message: (r) => this.#C(r)
    });
    const h = `${e.replace(/^http/, "ws")}/v1/stream`;
    this.#f = new W(h, n, this.#a, this.#d, s, {
      status: (r) => this.#w(r),
      frame: (r) => this.#_(r)
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
    return this.#l.on(t, s);
  }
  /** Connect, or after `closed` try again: with a new session, if the old one ended. */
  start() {
    if (this.#e) {
      this.#h.leads ? this.#f.start() : this.#k({ kind: "start" });
      return;
    }
    this.#e = !0, this.#u = this.#r.onWake(() => this.#z()), this.#w({ state: "connecting" }), this.#h.join(), !this.#h.leads && (this.#R(), this.#k({ kind: "start" }));
  }
  /** Let go of everything; if this tab led, another one goes on. */
  stop() {
    this.#e && (this.#e = !1, this.#u?.(), this.#L(), this.#h.leave(), this.#f.release(), this.#w({ state: "closed", reason: "stopped", detail: "The client was stopped." }));
  }
  /** End the session: on every tab of this browser now, and its access token opens no socket any more. */
  async signOut() {
    const t = this.#a.held?.tokens.session_id;
    try {
      t !== void 0 && await this.rest.endSession(t);
    } catch (s) {
      if (!(s instanceof a && [401, 404].includes(s.problem.status))) throw s;
    }
    this.#h.leads ? this.#g() : this.#k({ kind: "signed-out" });
  }
  /**
   * Change the state of some notifications (at most 200), or of everything up to one (ids are in order of time). Waits
   * for a connection if there is none. `id` is the mark's own, which its `change` event carries.
   * Raises ProblemError, or NotConnected if the client is or gets closed.
   */
  async mark(t, s, e = this.newId()) {
    if (!this.#S) throw new u("not connected");
    if ("upTo" in s) return this.#p.add({ type: "mark", id: e, state: t, up_to: s.upTo });
    const { length: n } = s.notifications;
    if (n < 1 || n > k) throw new RangeError(`a mark has 1 to ${k} ids, not ${n}`);
    return this.#p.add({ type: "mark", id: e, state: t, notifications: [...s.notifications] });
  }
  /** An id for a mark. */
  newId() {
    return this.#r.newId();
  }
  get #S() {
    return this.#t.state !== "idle" && this.#t.state !== "closed";
  }
  #M(t) {
    return this.#h.leads ? this.#f.send(t) : (this.#k({ kind: "mark", frame: t }), this.#h.shared);
  }
  // -- what the gateway tells, in every tab
  #_(t) {
    if (t.type === "marked" || t.type === "error") {
      t.id != null && this.#p.answered(t.id, t.type === "error" ? t.problem : null);
      return;
    }
    this.#k({ kind: "frame", from: this.#c, frame: t }), this.#v(t);
  }
  #v(t) {
    const { unseen: s, unread: e } = t;
    switch (typeof s == "number" && typeof e == "number" && this.#y({ unseen: s, unread: e }), t.type) {
      case "connected":
        t.recovered || this.#l.emit("reload", "position");
        break;
      case "notification":
        this.#l.emit("notification", t.notification);
        break;
      case "state":
        t.state === "released" ? this.#l.emit("reload", "released") : it.has(t.state) && this.#l.emit("change", { ...t, state: t.state });
    }
  }
  #y(t) {
    this.#s = t, this.#l.emit("counts", t);
  }
  #w(t) {
    this.#t = t, t.state === "closed" && this.#p.abandon(new u(t.detail)), t.state === "live" && this.#h.leads && this.#p.resend(), this.#b(), this.#l.emit("status", t);
  }
  // -- leading
  #E(t) {
    this.#L(), this.#n = this.#c, t && this.#a.forget(), this.#t.state !== "closed" && this.#f.start(), this.#D();
  }
  #g() {
    this.#a.forget(), this.#f.close("signed-out", "You signed out.");
  }
  #b() {
    if (!this.#h.leads) return;
    const { held: t, rotating: s } = this.#a, e = { status: this.#t, held: t, rotating: s, position: this.#d.position, counts: this.#s };
    this.#k({ kind: "standing", from: this.#c, standing: e });
  }
  #O(t) {
    switch (t.kind) {
      case "hello":
        return this.#b();
      case "wake":
        return this.#f.wake();
      case "start":
        return this.#f.start();
      case "signed-out":
        return this.#g();
      case "mark":
        return this.#x(t.frame);
      case "renew":
        this.#N(t.refused);
    }
  }
  #x(t) {
    const s = (e) => this.#k({ kind: "answer", from: this.#c, id: t.id, problem: e });
    this.#p.add(t).then(
      () => s(null),
      // Not a problem: this client is closed, as its followers hear.
      (e) => e instanceof a && s(e.problem)
    );
  }
  async #N(t) {
    try {
      await this.#a.renew(t), this.#b();
    } catch {
    }
  }
  // -- following
  #T() {
    this.#f.release(), this.#n = "", this.#w({ state: "connecting" }), this.#R();
  }
  #R() {
    this.#L(), this.#i = Date.now(), this.#k({ kind: "hello" }), this.#o = setInterval(() => {
      this.#r.visible() ? Date.now() - this.#i > this.#I ? this.#h.take() : this.#k({ kind: "hello" }) : this.#i = Date.now();
    }, nt);
  }
  #L() {
    this.#o !== null && clearInterval(this.#o), this.#o = null;
  }
  #C(t) {
    "from" in t ? this.#h.leads || this.#$(t) : this.#h.leads && this.#O(t);
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
        this.#p.answered(t.id, t.problem);
    }
  }
  #P(t, s) {
    this.#a.held = s.held, this.#a.rotating = s.rotating;
    const { position: e } = s;
    e !== null && this.#d.position === null ? (this.#d.position = e, this.#y(s.counts), this.#l.emit("reload", "position")) : e !== null && this.#A(e), JSON.stringify(s.status) !== JSON.stringify(this.#t) && this.#w(s.status), t !== this.#n && (this.#n = t, this.#p.resend()), this.#D();
  }
  #j(t) {
    t.type === "connected" ? (t.recovered || (this.#d.position = t.position), this.#v(t)) : this.#d.position !== null && "position" in t && this.#A(t.position) && this.#v(t);
  }
  /** Whether `position` is the next. If this tab has missed something, it loads again. */
  #A(t) {
    const s = this.#d.advance(t);
    return s === "gap" && (this.#d.position = t, this.#l.emit("reload", "position")), s !== "old";
  }
  #z() {
    this.#i = Date.now(), this.#h.leads ? this.#f.wake() : (this.#k({ kind: "hello" }), this.#k({ kind: "wake" }));
  }
  #k(t) {
    this.#h.post(t);
  }
  // -- tokens for REST: the tab that leads renews them, the others ask it
  async #G(t) {
    const s = Date.now() + ht;
    for (; ; ) {
      if (!this.#S) throw new u("not connected");
      if (this.#h.leads) return t === void 0 ? this.#a.token() : this.#a.renew(t);
      const { held: e } = this.#a, n = e?.tokens.access_token ?? "";
      if (this.#a.valid && n !== t) return n;
      if (Date.now() >= s) throw new E("no tab of this browser has a session");
      this.#k({ kind: "renew", refused: n }), await this.#U(1e3);
    }
  }
  #U(t) {
    return new Promise((s) => {
      const e = () => {
        clearTimeout(n), this.#m.delete(e), s();
      }, n = setTimeout(e, t);
      this.#m.add(e);
    });
  }
  #D() {
    for (const t of [...this.#m]) t();
  }
}
function v(i, t) {
  return i.notifications != null ? i.notifications.includes(t) : i.up_to != null && t <= i.up_to;
}
function y(i, { state: t, at: s }) {
  switch (t) {
    case "deleted":
      return null;
    case "seen":
      return { ...i, seen_at: s };
    case "read":
      return { ...i, read_at: s, seen_at: s };
    case "unread":
      return i.read_at == null ? i : { ...i, read_at: null };
    case "archived":
      return { ...i, archived_at: s };
  }
}
function b(i) {
  return i === null || i.archived_at != null ? { unseen: 0, unread: 0 } : { unseen: +(i.seen_at == null), unread: +(i.read_at == null) };
}
const ot = 200, at = 3e3, lt = 5e3, f = 500, T = 1e3, ct = 3e4;
class dt {
  constructor(t, s = {}) {
    this.client = t, this.#t = s.view ?? "all", this.pageSize = s.pageSize ?? 30, this.#a = new S(T, ct, s.random ?? Math.random), this.#f = [
      t.on("reload", () => void this.reload()),
      t.on("notification", (e) => this.#v({ notification: e })),
      t.on("change", (e) => this.#v({ change: e })),
      t.on("counts", () => this.#T()),
      t.on("status", () => this.#M())
    ], this.#l = setTimeout(() => void this.reload(), t.status.state === "live" ? 0 : at);
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
  #n = 0;
  #i = null;
  /** The last load failed: the list may lack what the position has moved past. */
  #o = !1;
  #u = [];
  #m = null;
  #l = null;
  #r = /* @__PURE__ */ new Map();
  #c = [];
  #d = new M();
  #a;
  #f;
  pageSize;
  on(t, s) {
    return this.#d.on(t, s);
  }
  close() {
    for (const t of this.#f) t();
    this.#i = null, this.#_(null);
    for (const { timer: t } of this.#c) t !== null && clearTimeout(t);
  }
  get view() {
    return this.#t;
  }
  set view(t) {
    t !== this.#t && (this.#t = t, this.#r.clear(), this.#s = null, this.reload());
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
    return this.#m ??= [...this.#r.values()].map((t) => this.#x(t)).filter((t) => t !== null && this.#N(t)).sort((t, s) => t.id < s.id ? 1 : -1), this.#m;
  }
  /** The exact counts, and what the changes on their way will make of them. */
  get counts() {
    const t = { ...this.client.counts };
    if (this.#c.length === 0) return t;
    for (const s of this.#r.values()) {
      const e = b(s), n = b(this.#x(s));
      t.unseen += n.unseen - e.unseen, t.unread += n.unread - e.unread;
    }
    for (const { change: s } of this.#c)
      s.up_to == null || s.up_to < this.#e || (s.state !== "unread" && (t.unseen = 0), s.state !== "unread" && s.state !== "seen" && (t.unread = 0));
    return { unseen: Math.max(0, t.unseen), unread: Math.max(0, t.unread) };
  }
  // -- loading
  /** The whole list again, as long as it was. What comes live meanwhile is applied after it. */
  async reload() {
    const t = this.#i = {}, s = Math.min(ot, this.#n > f ? 0 : this.#r.size);
    this.#_(null), this.#u = [], this.more = "idle", this.#r.size === 0 && (this.status = "loading"), this.#T();
    try {
      const e = await this.client.rest.list(this.#p({ limit: Math.max(this.pageSize, s) }));
      if (this.#i !== t) return;
      this.#r.clear(), this.#n = 0, this.#o = !1, this.#h(e.data, e.page.next);
    } catch (e) {
      this.#i === t && this.#I(e);
    }
  }
  /** The next page, if there is one and none is on its way. */
  async loadMore() {
    if (this.#s === null || this.#i !== null) return;
    const t = this.#i = {};
    this.more = "loading", this.#T();
    try {
      const s = await this.client.rest.list(this.#p({ limit: this.pageSize, cursor: this.#s }));
      this.#i === t && this.#h(s.data, s.page.next);
    } catch (s) {
      if (this.#i !== t) return;
      this.error = s, this.more = "failed", this.#S();
    }
  }
  #p(t) {
    return this.#t === "all" ? t : { ...t, state: this.#t };
  }
  #h(t, s) {
    for (const e of t) this.#w(e);
    this.#s = s, this.status = "ready", this.more = "idle", this.error = null, this.retrying = !1, this.#a.reset(), this.#S();
  }
  #I(t) {
    this.error = t, this.#o = !0, this.status = this.#r.size === 0 ? "failed" : "ready", this.retrying = d(t);
    const s = p(t) + this.#a.next() + T;
    this.retrying && this.#_(setTimeout(() => void this.reload(), s)), this.#S();
  }
  #S() {
    this.#i = null;
    for (const t of this.#u.splice(0)) this.#y(t);
    this.#T();
  }
  #M() {
    const { state: t } = this.client.status;
    t === "live" && this.#i === null && (this.status !== "ready" || this.#o) ? this.reload() : this.#T();
  }
  #_(t) {
    this.#l !== null && clearTimeout(this.#l), this.#l = t;
  }
  // -- what happens
  #v(t) {
    this.#i === null ? this.#y(t) : this.#u.push(t) > f && this.reload(), this.#T(), "notification" in t && this.#d.emit("arrival", t.notification);
  }
  #y(t) {
    if ("notification" in t) {
      this.#w(t.notification), this.#n += 1, this.#n > f && this.reload();
      return;
    }
    const { change: s } = t;
    this.#E(s), this.#O((n) => n.change.id === s.id), s.state === this.#t && !s.notifications?.every((n) => this.#r.has(n)) && this.#_(setTimeout(() => void this.reload(), 0));
  }
  #w(t) {
    this.#r.set(t.id, t), t.id > this.#e && this.#t !== "archived" && (this.#e = t.id);
  }
  #E(t) {
    for (const s of this.#r.values()) {
      if (!v(t, s.id)) continue;
      const e = y(s, t);
      e === null ? this.#r.delete(s.id) : this.#r.set(s.id, e);
    }
  }
  // -- what the user does
  /** Raises what refused it, after the change was taken back. */
  mark(t, s) {
    return this.#g(t, { notifications: [...s] });
  }
  /** Everything up to the newest that was ever here, so also what is not loaded. */
  async markAll(t) {
    this.#e === "" && (this.#e = (await this.client.rest.list({ limit: 1 })).data[0]?.id ?? ""), this.#e !== "" && await this.#g(t, { upTo: this.#e });
  }
  async #g(t, s) {
    const e = this.client.newId(), n = "upTo" in s ? { up_to: s.upTo } : s, h = { change: { id: e, state: t, at: (/* @__PURE__ */ new Date()).toISOString(), ...n }, timer: null };
    this.#c.push(h), this.#T();
    try {
      await this.client.mark(t, s, e), this.#c.includes(h) && (h.timer = setTimeout(() => this.#b(h), lt));
    } catch (r) {
      throw this.#O((o) => o === h), this.#d.emit("refused", { state: t, error: r }), r;
    }
  }
  /** It was answered, though its event has not come (a reload, say, has covered it). */
  #b(t) {
    this.#E(t.change), this.#O((s) => s === t);
  }
  #O(t) {
    for (const s of this.#c.filter(t))
      s.timer !== null && clearTimeout(s.timer), this.#c.splice(this.#c.indexOf(s), 1);
    this.#T();
  }
  /** As it will be when everything on its way has been answered. */
  #x(t) {
    let s = t;
    for (const { change: e } of this.#c) s !== null && v(e, s.id) && (s = y(s, e));
    return s;
  }
  #N(t) {
    return this.#t === "archived" ? t.archived_at != null : t.archived_at == null && (this.#t === "all" || t.read_at == null);
  }
  #T() {
    this.#m = null, this.#d.emit("change", void 0);
  }
}
export {
  ut as Client,
  dt as InboxList,
  u as NotConnected,
  a as ProblemError,
  Z as Rest,
  _ as SignedOut,
  E as Unreachable,
  d as isTransient,
  L as messageOf
};
