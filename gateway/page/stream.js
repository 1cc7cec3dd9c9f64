// One connection to /v1/stream that stays: it comes back with its position, and sends again what was not answered.

const FIRST_DELAY = 500;
const LONGEST_DELAY = 15000;
const REFRESH_BEFORE = 60;

export class Stream {
  // `on` has: state(name), connected(frame), entry(frame), problem(text).
  constructor(on) {
    this.on = on;
    this.session = null;
    this.position = null;
    this.socket = null;
    this.live = false;
    this.delay = FIRST_DELAY;
    this.marks = new Map();
    addEventListener("online", () => this.retryNow());
    document.addEventListener("visibilitychange", () => document.hidden || this.retryNow());
  }

  async start() {
    clearTimeout(this.retry);
    if (this.starting) return;
    this.starting = true;
    this.on.state("connecting");
    try {
      await this.freshToken();
      this.open();
    } catch (error) {
      if (error.final) this.stop("This page could not get a session: " + error.message);
      else this.later();
    } finally {
      this.starting = false;
    }
  }

  async freshToken() {
    if (!this.session) this.session = await this.tokens("/demo/session");
    else if (Date.now() > this.session.until - REFRESH_BEFORE * 1000) {
      try {
        this.session = await this.tokens("/v1/sessions/refresh", { refresh_token: this.session.refresh_token });
      } catch (error) {
        if (error.final) this.session = await this.tokens("/demo/session");
        else throw error;
      }
    }
  }

  async tokens(path, body) {
    const response = await fetch(path, { method: "POST", body: body && JSON.stringify(body) });
    const answer = await response.json();
    if (!response.ok) throw Object.assign(new Error(answer.title), { final: response.status < 500 });
    return { ...answer, until: Date.now() + answer.expires_in * 1000 };
  }

  async fetch(path) {
    await this.freshToken();
    const response = await fetch(path, { headers: { authorization: `Bearer ${this.session.access_token}` } });
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return response.json();
  }

  open() {
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/v1/stream`);
    this.socket = socket;
    socket.onopen = () => this.send({ type: "connect", token: this.session.access_token, position: this.position });
    socket.onmessage = (event) => socket === this.socket && this.receive(JSON.parse(event.data));
    socket.onclose = (event) => socket === this.socket && this.closed(event.code);
  }

  receive(frame) {
    this.watch();
    switch (frame.type) {
      case "connected":
        this.live = true;
        this.delay = FIRST_DELAY;
        this.pingSeconds = frame.ping_seconds;
        this.refreshIn(frame.expires_in);
        this.on.state("live");
        this.on.connected(frame);
        this.position = frame.recovered ? this.position : frame.position;
        for (const mark of this.marks.values()) this.send(mark);
        break;
      case "notification":
      case "state":
      case "position":
        this.position = frame.position;
        this.on.entry(frame);
        break;
      case "marked":
        this.marks.delete(frame.id);
        break;
      case "refreshed":
        this.refreshIn(frame.expires_in);
        break;
      case "ping":
        this.send({ type: "pong" });
        break;
      case "reconnect":
        this.notBefore = Date.now() + frame.after_ms;
        break;
      case "error":
        if (frame.id) this.marks.delete(frame.id);
        this.on.problem(frame.problem.detail || frame.problem.title);
    }
  }

  mark(mark) {
    const frame = { type: "mark", id: crypto.randomUUID(), ...mark };
    this.marks.set(frame.id, frame);
    if (this.live) this.send(frame);
  }

  send(frame) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame));
  }

  refreshIn(seconds) {
    clearTimeout(this.refresh);
    this.refresh = setTimeout(async () => {
      try {
        await this.freshToken();
        this.send({ type: "refresh", token: this.session.access_token });
      } catch {
        // The gateway closes when the token has expired, and coming back tries again.
      }
    }, Math.max(1, seconds - REFRESH_BEFORE + 1) * 1000);
  }

  // A connection that died without a close says nothing at all: pings stay out.
  watch() {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.closed(0), ((this.pingSeconds || 25) + 15) * 1000);
  }

  closed(code) {
    const socket = this.socket;
    this.socket = null;
    this.live = false;
    clearTimeout(this.silence);
    clearTimeout(this.refresh);
    if (code === 0) socket.close();
    if (code === 4005 && this.session) this.session.until = 0;
    if (code >= 4500) this.stop(code === 4503 ? "This session was signed out." : `The gateway refused (${code}).`);
    else this.later();
  }

  later() {
    this.on.state("waiting");
    clearTimeout(this.retry);
    const asked = Math.max(0, (this.notBefore || 0) - Date.now());
    this.retry = setTimeout(() => this.start(), asked + this.delay * (0.5 + Math.random() / 2));
    this.delay = Math.min(LONGEST_DELAY, Math.max(FIRST_DELAY, this.delay * 2));
  }

  retryNow() {
    if (!this.socket && !this.stopped) this.start();
  }

  stop(reason) {
    this.stopped = true;
    this.on.state("stopped");
    this.on.problem(reason, true);
  }

  again() {
    this.stopped = false;
    this.session = null;
    this.start();
  }
}
