import { Connection, type Status } from "./connection.js";
import { Emitter } from "./emitter.js";
import { NotConnected, ProblemError, Unreachable } from "./errors.js";
import { Marks, type MarkState } from "./marks.js";
import { CHANNEL, type FromFollower, type FromLeader, type Message, type Standing } from "./messages.js";
import { browserPlatform, type Platform } from "./platform.js";
import { Rest, type Counts } from "./rest.js";
import { Session, type OpenSession } from "./session.js";
import { Tabs } from "./tabs.js";
import { Track } from "./track.js";
import type { Connected, Mark, Notification, ServerFrame, StateFrame } from "./types.js";

export interface ClientOptions {
  session: OpenSession;
  /** Where the gateway is, as in `https://notify.example.com`; the page's own origin without it. */
  url?: string;
  /**
   * The id of the user who is signed in. With it the user's tabs share one socket, and a session of anybody else is
   * refused; without it each tab has its own.
   */
  user?: string;
  platform?: Partial<Platform>;
}

/** A change of state by any device of the user: of the ids in `notifications`, or of everything up to `up_to`. */
export type Change = Pick<StateFrame, "id" | "at" | "notifications" | "up_to"> & { state: MarkState };

export interface ClientEvents {
  status: Status;
  counts: Counts;
  notification: Notification;
  change: Change;
  /** What is shown must be loaded again over REST: after a lost position, or since withheld notifications are released. */
  reload: "position" | "released";
}

const STATES: ReadonlySet<string> = new Set<MarkState>(["seen", "read", "unread", "archived", "deleted"]);
const MOST_IDS = 200;
const HELLO_EVERY = 5_000;
/** A visible tab takes over from one that leads and has said nothing for so long (and up to a fifth more). */
const SILENT = 12_000;
const TOKEN_LIMIT = 10_000;

/** A user's notifications in this page: live, complete, and over one socket for all tabs. */
export class Client {
  readonly rest: Rest;
  #status: Status = { state: "idle" };
  #counts: Counts = { unseen: 0, unread: 0 };
  #joined = false;
  #leader = "";
  #heardAt = 0;
  #hello: ReturnType<typeof setInterval> | null = null;
  #unwake: (() => void) | null = null;
  #waiters = new Set<() => void>();
  readonly #events = new Emitter<ClientEvents>();
  readonly #platform: Platform;
  readonly #me: string;
  readonly #track = new Track();
  readonly #session: Session;
  readonly #connection: Connection;
  readonly #marks: Marks;
  readonly #tabs: Tabs<Message>;
  readonly #silent: number;

  constructor(options: ClientOptions) {
    const platform = (this.#platform = { ...browserPlatform(), ...options.platform });
    const base = (options.url ?? location.origin).replace(/\/+$/, "");
    const user = options.user ?? null;
    this.#me = platform.newId();
    this.#silent = SILENT * (1 + platform.random() / 5);
    this.rest = new Rest(base, (refused) => this.#token(refused), platform);
    this.#session = new Session(
      options.session,
      (token) => this.rest.refresh(token),
      () => this.#tell(),
    );
    this.#marks = new Marks((frame) => this.#send(frame));
    this.#tabs = new Tabs(user === null ? null : `${CHANNEL} ${base} ${user}`, platform, {
      lead: (taken) => this.#lead(taken),
      follow: () => this.#follow(),
      message: (message) => this.#heard(message),
    });
    const stream = `${base.replace(/^http/, "ws")}/v1/stream`;
    this.#connection = new Connection(stream, user, this.#session, this.#track, platform, {
      status: (status) => this.#become(status),
      frame: (frame) => this.#received(frame),
    });
  }

  get status(): Status {
    return this.#status;
  }

  /** Exact, and of the last frame. */
  get counts(): Counts {
    return this.#counts;
  }

  /** Returns what takes the listener away again. */
  on<Name extends keyof ClientEvents>(name: Name, listener: (value: ClientEvents[Name]) => void): () => void {
    return this.#events.on(name, listener);
  }

  /** Connect, or after `closed` try again: with a new session, if the old one ended. */
  start(): void {
    if (this.#joined) {
      if (this.#tabs.leads) this.#connection.start();
      else this.#post({ kind: "start" });
      return;
    }
    this.#joined = true;
    this.#unwake = this.#platform.onWake(() => this.#wake());
    this.#become({ state: "connecting" });
    this.#tabs.join();
    if (this.#tabs.leads) return;
    this.#listen();
    this.#post({ kind: "start" }); // the tab that leads may have been closed by a sign-out that is over
  }

  /** Let go of everything; if this tab led, another one goes on. */
  stop(): void {
    if (!this.#joined) return;
    this.#joined = false;
    this.#unwake?.();
    this.#unlisten();
    this.#tabs.leave();
    this.#connection.release();
    this.#become({ state: "closed", reason: "stopped", detail: "The client was stopped." });
  }

  /** End the session: on every tab of this browser now, and its access token opens no socket any more. */
  async signOut(): Promise<void> {
    const id = this.#session.held?.tokens.session_id;
    try {
      if (id !== undefined) await this.rest.endSession(id);
    } catch (error) {
      // The session has ended already.
      if (!(error instanceof ProblemError && [401, 404].includes(error.problem.status))) throw error;
    }
    if (this.#tabs.leads) this.#signedOut();
    else this.#post({ kind: "signed-out" });
  }

  /**
   * Change the state of some notifications (at most 200), or of everything up to one (ids are in order of time). Waits
   * for a connection if there is none. `id` is the mark's own, which its `change` event carries.
   * Raises ProblemError, or NotConnected if the client is or gets closed.
   */
  async mark(
    state: MarkState,
    which: { notifications: readonly string[] } | { upTo: string },
    id: string = this.newId(),
  ): Promise<void> {
    if (!this.#started) throw new NotConnected("not connected");
    if ("upTo" in which) return this.#marks.add({ type: "mark", id, state, up_to: which.upTo });
    const { length } = which.notifications;
    if (length < 1 || length > MOST_IDS) throw new RangeError(`a mark has 1 to ${MOST_IDS} ids, not ${length}`);
    return this.#marks.add({ type: "mark", id, state, notifications: [...which.notifications] });
  }

  /** An id for a mark. */
  newId(): string {
    return this.#platform.newId();
  }

  get #started(): boolean {
    return this.#status.state !== "idle" && this.#status.state !== "closed";
  }

  #send(frame: Mark): boolean {
    if (this.#tabs.leads) return this.#connection.send(frame);
    this.#post({ kind: "mark", frame });
    return this.#tabs.shared;
  }

  // -- what the gateway tells, in every tab

  #received(frame: ServerFrame): void {
    if (frame.type === "marked" || frame.type === "error") {
      if (frame.id != null) this.#marks.answered(frame.id, frame.type === "error" ? frame.problem : null);
      return;
    }
    this.#post({ kind: "frame", from: this.#me, frame });
    this.#apply(frame);
  }

  #apply(frame: ServerFrame): void {
    const { unseen, unread } = frame as Partial<Connected>;
    if (typeof unseen === "number" && typeof unread === "number") this.#count({ unseen, unread });
    switch (frame.type) {
      case "connected":
        if (!frame.recovered) this.#events.emit("reload", "position");
        break;
      case "notification":
        this.#events.emit("notification", frame.notification);
        break;
      case "state":
        if (frame.state === "released") this.#events.emit("reload", "released");
        else if (STATES.has(frame.state)) this.#events.emit("change", { ...frame, state: frame.state });
    }
  }

  #count(counts: Counts): void {
    this.#counts = counts;
    this.#events.emit("counts", counts);
  }

  #become(status: Status): void {
    this.#status = status;
    if (status.state === "closed") this.#marks.abandon(new NotConnected(status.detail));
    if (status.state === "live" && this.#tabs.leads) this.#marks.resend();
    this.#tell();
    this.#events.emit("status", status);
  }

  // -- leading

  #lead(taken: boolean): void {
    this.#unlisten();
    this.#leader = this.#me;
    // The one that does not answer may wake up and use its refresh token: that one is not for this tab.
    if (taken) this.#session.forget();
    if (this.#status.state !== "closed") this.#connection.start();
    this.#changed();
  }

  #signedOut(): void {
    this.#session.forget();
    this.#connection.close("signed-out", "You signed out.");
  }

  #tell(): void {
    if (!this.#tabs.leads) return;
    const { held, rotating } = this.#session;
    const standing = { status: this.#status, held, rotating, position: this.#track.position, counts: this.#counts };
    this.#post({ kind: "standing", from: this.#me, standing });
  }

  #asked(message: FromFollower): void {
    switch (message.kind) {
      case "hello":
        return this.#tell();
      case "wake":
        return this.#connection.wake();
      case "start":
        return this.#connection.start();
      case "signed-out":
        return this.#signedOut();
      case "mark":
        return this.#relay(message.frame);
      case "renew":
        void this.#renew(message.refused);
    }
  }

  #relay(frame: Mark): void {
    const answer = (problem: ProblemError["problem"] | null) =>
      this.#post({ kind: "answer", from: this.#me, id: frame.id, problem });
    this.#marks.add(frame).then(
      () => answer(null),
      // Not a problem: this client is closed, as its followers hear.
      (error: unknown) => error instanceof ProblemError && answer(error.problem),
    );
  }

  async #renew(refused: string): Promise<void> {
    try {
      await this.#session.renew(refused);
      this.#tell();
    } catch {
      // Who asked asks again, for a while.
    }
  }

  // -- following

  #follow(): void {
    this.#connection.release();
    this.#leader = "";
    this.#become({ state: "connecting" });
    this.#listen();
  }

  #listen(): void {
    this.#unlisten();
    this.#heardAt = Date.now();
    this.#post({ kind: "hello" });
    this.#hello = setInterval(() => {
      if (!this.#platform.visible()) this.#heardAt = Date.now();
      else if (Date.now() - this.#heardAt > this.#silent) this.#tabs.take();
      else this.#post({ kind: "hello" });
    }, HELLO_EVERY);
  }

  #unlisten(): void {
    if (this.#hello !== null) clearInterval(this.#hello);
    this.#hello = null;
  }

  #heard(message: Message): void {
    if (!("from" in message)) {
      if (this.#tabs.leads) this.#asked(message);
    } else if (!this.#tabs.leads) this.#told(message);
  }

  #told(message: FromLeader): void {
    this.#heardAt = Date.now();
    switch (message.kind) {
      case "standing":
        this.#adopt(message.from, message.standing);
        break;
      case "frame":
        this.#follows(message.frame);
        break;
      case "answer":
        this.#marks.answered(message.id, message.problem);
    }
  }

  #adopt(from: string, standing: Standing): void {
    this.#session.held = standing.held;
    this.#session.rotating = standing.rotating;
    const { position } = standing;
    if (position !== null && this.#track.position === null) {
      this.#track.position = position;
      this.#count(standing.counts);
      this.#events.emit("reload", "position");
    } else if (position !== null) this.#moved(position);
    if (JSON.stringify(standing.status) !== JSON.stringify(this.#status)) this.#become(standing.status);
    if (from !== this.#leader) {
      this.#leader = from;
      this.#marks.resend();
    }
    this.#changed();
  }

  #follows(frame: ServerFrame): void {
    if (frame.type === "connected") {
      if (!frame.recovered) this.#track.position = frame.position;
      this.#apply(frame);
    } else if (this.#track.position !== null && "position" in frame && this.#moved(frame.position)) this.#apply(frame);
  }

  /** Whether `position` is the next. If this tab has missed something, it loads again. */
  #moved(position: Connected["position"]): boolean {
    const step = this.#track.advance(position);
    if (step === "gap") {
      this.#track.position = position;
      this.#events.emit("reload", "position");
    }
    return step !== "old";
  }

  #wake(): void {
    this.#heardAt = Date.now();
    if (this.#tabs.leads) this.#connection.wake();
    else {
      this.#post({ kind: "hello" });
      this.#post({ kind: "wake" });
    }
  }

  #post(message: Message): void {
    this.#tabs.post(message);
  }

  // -- tokens for REST: the tab that leads renews them, the others ask it

  async #token(refused?: string): Promise<string> {
    const deadline = Date.now() + TOKEN_LIMIT;
    for (;;) {
      if (!this.#started) throw new NotConnected("not connected");
      if (this.#tabs.leads) return refused === undefined ? this.#session.token() : this.#session.renew(refused);
      const { held } = this.#session;
      const token = held?.tokens.access_token ?? "";
      if (this.#session.valid && token !== refused) return token;
      if (Date.now() >= deadline) throw new Unreachable("no tab of this browser has a session");
      this.#post({ kind: "renew", refused: token });
      await this.#change(1_000);
    }
  }

  #change(limit: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiters.delete(done);
        resolve();
      };
      const timer = setTimeout(done, limit);
      this.#waiters.add(done);
    });
  }

  #changed(): void {
    for (const waiter of [...this.#waiters]) waiter();
  }
}
