import { Backoff } from "./backoff.js";
import { verdict } from "./closes.js";
import { askedToWait, isTransient, messageOf } from "./errors.js";
import type { Platform } from "./platform.js";
import { margin, SignedOut, type Session } from "./session.js";
import { isPosition, type Track } from "./track.js";
import type { ClientFrame, Connected, ServerFrame } from "./types.js";

/** `signed-out`: the session ended. `no-session`: none could be had. `refused`: by the gateway, for good. */
export type CloseReason = "stopped" | "signed-out" | "no-session" | "wrong-user" | "refused";

export type Status =
  | { state: "idle" }
  | { state: "connecting" }
  | { state: "live" }
  /** It comes back by itself; `until` is when (milliseconds since 1970). */
  | { state: "waiting"; until: number }
  /** Only `start()` leads out of it. `detail` is a sentence for people. */
  | { state: "closed"; reason: CloseReason; detail: string };

export interface Handlers {
  status(status: Status): void;
  /** `connected` (before the status is live), each entry once and in order, and the answers to marks. */
  frame(frame: ServerFrame): void;
}

const FIRST_WAIT = 500;
const LONGEST_WAIT = 30_000;
const CONNECT_LIMIT = 15_000;
/** A connection that held for so long was good: the next wait begins small again. */
const STABLE = 10_000;
const REFRESH_AGAIN = 3_000;
/** A connection that died without a close says nothing at all, not even pings: so long after one was due it is over. */
const SILENCE = 15_000;
/** What a gateway that goes away gets for its close after the time that it named. */
const LEAVE = 2_000;
const LONGEST_TIMER = 2 ** 31 - 1;

type TimerName = "connect" | "silence" | "refresh" | "stable" | "return" | "leave";

/** One connection to `/v1/stream` that stays: it comes back, goes on from its position, and renews its token in time. */
export class Connection {
  #status: Status = { state: "idle" };
  #socket: WebSocket | null = null;
  #user: string | null = null;
  /** The access token that this socket has shown. */
  #token = "";
  #pingSeconds = 25;
  /** What the gateway said before it closed. */
  #problem = "";
  #notBefore = 0;
  #renewed = false;
  readonly #backoff: Backoff;
  readonly #timers = new Map<TimerName, ReturnType<typeof setTimeout>>();

  constructor(
    private readonly url: string,
    private readonly user: string | null,
    private readonly session: Session,
    private readonly track: Track,
    private readonly platform: Platform,
    private readonly handlers: Handlers,
  ) {
    this.#backoff = new Backoff(FIRST_WAIT, LONGEST_WAIT, platform.random);
  }

  get status(): Status {
    return this.#status;
  }

  start(): void {
    const { state } = this.#status;
    if (state === "idle" || state === "closed") {
      this.#backoff.reset();
      this.#notBefore = 0;
      this.#renewed = false;
      void this.#connect();
    }
  }

  /** While waiting, try now. */
  wake(): void {
    if (this.#status.state === "waiting" && Date.now() >= this.#notBefore) void this.#connect();
  }

  close(reason: CloseReason, detail: string): void {
    this.#drop();
    this.#become({ state: "closed", reason, detail });
  }

  /** Let go without a word: another tab has the connection from now on, or nobody. */
  release(): void {
    this.#drop();
    this.#status = { state: "idle" };
  }

  /** False if it cannot be sent now. */
  send(frame: ClientFrame): boolean {
    if (this.#status.state !== "live" || this.#socket === null) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  async #connect(): Promise<void> {
    this.#drop();
    const attempt: Status = { state: "connecting" };
    this.#become(attempt);
    try {
      const token = await this.session.token();
      if (this.#status === attempt) this.#open(token);
    } catch (error) {
      if (this.#status === attempt) this.#failed(error);
    }
  }

  #open(token: string): void {
    const socket = this.platform.openSocket(this.url);
    this.#socket = socket;
    this.#token = token;
    this.#problem = "";
    this.#after("connect", CONNECT_LIMIT, () => this.#lost());
    socket.onopen = () => {
      const { position } = this.track;
      socket.send(JSON.stringify({ type: "connect", token, position } satisfies ClientFrame));
    };
    socket.onmessage = (event) => socket === this.#socket && this.#receive(event.data);
    socket.onclose = (event) => socket === this.#socket && this.#closed(event.code, event.reason);
  }

  #failed(error: unknown): void {
    this.#notBefore = Math.max(this.#notBefore, Date.now() + askedToWait(error));
    if (isTransient(error)) this.#wait();
    else this.close(error instanceof SignedOut ? "signed-out" : "no-session", messageOf(error));
  }

  #receive(data: unknown): void {
    const frame = parse(data);
    if (frame === null) return;
    this.#watch();
    switch (frame.type) {
      case "connected":
        this.#connected(frame);
        break;
      case "ping":
        this.#socket?.send(JSON.stringify({ type: "pong" } satisfies ClientFrame));
        break;
      case "refreshed":
        this.#refreshIn(frame.expires_in);
        break;
      case "reconnect":
        this.#notBefore = Date.now() + frame.after_ms;
        this.#after("leave", frame.after_ms + LEAVE, () => this.#lost());
        break;
      case "error":
        if (frame.id == null) this.#problem = frame.problem.detail || frame.problem.title;
        this.handlers.frame(frame);
        break;
      default:
        this.#entry(frame);
    }
  }

  #connected(frame: Connected): void {
    if (this.user !== null && frame.user !== this.user) {
      this.session.forget();
      this.close("wrong-user", "The session belongs to another user.");
      return;
    }
    if (this.#user !== null && frame.user !== this.#user) this.track.position = null;
    this.#user = frame.user;
    this.#clear("connect");
    this.#notBefore = 0;
    this.#renewed = false;
    this.#pingSeconds = frame.ping_seconds;
    this.#watch();
    this.#refreshIn(frame.expires_in);
    this.#after("stable", STABLE, () => this.#backoff.reset());
    if (!frame.recovered) this.track.position = frame.position;
    this.handlers.frame(frame);
    this.#become({ state: "live" });
  }

  #entry(frame: ServerFrame): void {
    if ("position" in frame && isPosition(frame.position)) {
      switch (this.track.advance(frame.position)) {
        case "old":
          return;
        case "gap":
          this.#lost(); // coming back with the position brings what is missing, or says that it is gone
          return;
        case "next":
      }
    }
    this.handlers.frame(frame);
  }

  // -- staying

  #watch(): void {
    this.#after("silence", this.#pingSeconds * 1000 + SILENCE, () => this.#lost());
  }

  #refreshIn(seconds: number): void {
    const left = seconds * 1000;
    this.#after("refresh", left - margin(left), () => void this.#refresh());
  }

  async #refresh(): Promise<void> {
    const socket = this.#socket;
    try {
      const token = await this.session.renew(this.#token);
      if (socket !== this.#socket) return;
      this.#token = token;
      this.send({ type: "refresh", token });
    } catch (error) {
      if (socket !== this.#socket) return;
      // The token still holds for a while; when it has run out, the gateway closes, and coming back tries again.
      const wait = askedToWait(error) + REFRESH_AGAIN * (0.5 + this.platform.random());
      if (isTransient(error)) this.#after("refresh", wait, () => void this.#refresh());
      else this.#failed(error);
    }
  }

  // -- leaving and coming back

  #closed(code: number, reason: string): void {
    this.#drop();
    switch (verdict(code)) {
      case "come back":
        return this.#wait();
      case "refresh":
        this.session.expire();
        return this.#wait();
      case "new session":
        this.session.forget();
        if (this.#renewed) return this.close("refused", `The gateway refused a new session (${code} ${reason}).`);
        this.#renewed = true;
        return this.#wait();
      case "signed out":
        this.session.forget();
        return this.close("signed-out", "This session was signed out.");
      case "refused":
        return this.close("refused", this.#problem || `The gateway refused the connection (${code} ${reason}).`);
    }
  }

  /** The connection is no good any more, though the socket does not say so. */
  #lost(): void {
    this.#drop();
    this.#wait();
  }

  #wait(): void {
    const wait = Math.max(0, this.#notBefore - Date.now()) + this.#backoff.next();
    this.#become({ state: "waiting", until: Date.now() + wait });
    this.#after("return", wait, () => void this.#connect());
  }

  /** Let go of the socket, and of all that waits for something on it. */
  #drop(): void {
    for (const name of [...this.#timers.keys()]) this.#clear(name);
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #become(status: Status): void {
    this.#status = status;
    this.handlers.status(status);
  }

  #after(name: TimerName, ms: number, action: () => void): void {
    this.#clear(name);
    this.#timers.set(name, setTimeout(action, Math.min(Math.max(0, ms), LONGEST_TIMER)));
  }

  #clear(name: TimerName): void {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }
}

/** Null for what is no frame at all. One of a type that is not known yet is a frame: it may carry a position. */
function parse(data: unknown): ServerFrame | null {
  try {
    const frame: unknown = JSON.parse(String(data));
    const typed = typeof frame === "object" && frame !== null && "type" in frame && typeof frame.type === "string";
    return typed ? (frame as ServerFrame) : null;
  } catch {
    return null;
  }
}
