/** A browser without a browser: sockets, tabs and answers that a test moves by hand. */

import { vi } from "vitest";
import { Client, type ClientEvents, type ClientOptions, type Platform, type Tokens } from "@pavilion/client";

export const USER = "0d3a0000-0000-4000-8000-0000000000ff";

type Frame = Record<string, unknown>;

export class FakeSocket {
  static readonly OPEN = 1;
  readyState = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  readonly sent: Frame[] = [];
  closedByUs = false;

  constructor(readonly url: string) {}

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Frame);
  }

  close(): void {
    this.closedByUs = true;
  }

  /** The gateway accepts; what the client sent first. */
  open(): Frame {
    this.readyState = FakeSocket.OPEN;
    this.onopen?.();
    return this.sent[0]!;
  }

  tell(frame: Frame | string): void {
    this.onmessage?.({ data: typeof frame === "string" ? frame : JSON.stringify(frame) });
  }

  drop(code = 1006, reason = ""): void {
    this.onclose?.({ code, reason });
  }

  get marks(): Frame[] {
    return this.sent.filter(({ type }) => type === "mark");
  }
}

/** Channels and locks that tabs of one browser share. */
export class FakeBrowser {
  readonly channels = new Set<FakeChannel>();
  readonly held = new Map<string, { abort(): void; release(): void }>();
  readonly queues = new Map<string, (() => void)[]>();

  openChannel = (name: string): BroadcastChannel => new FakeChannel(this, name) as unknown as BroadcastChannel;

  locksOf(tab: FakeTab): Pick<LockManager, "request"> {
    const request = (name: string, options: LockOptions, held: () => Promise<void>) =>
      new Promise<void>((resolve, reject) => {
        const grant = () => {
          if (tab.dead || options.signal?.aborted) return this.next(name);
          const lock = { abort: () => reject(new DOMException("taken", "AbortError")), release: () => this.next(name) };
          this.held.set(name, lock);
          tab.locks.push(() => this.held.get(name) === lock && lock.release());
          void held().then(() => {
            if (this.held.get(name) === lock) lock.release();
            resolve();
          });
        };
        options.signal?.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
        if (options.steal) {
          this.held.get(name)?.abort();
          grant();
        } else if (this.held.has(name)) this.queues.set(name, [...(this.queues.get(name) ?? []), grant]);
        else queueMicrotask(() => (this.held.has(name) ? this.queues.set(name, [...(this.queues.get(name) ?? []), grant]) : grant()));
      });
    return { request } as unknown as Pick<LockManager, "request">;
  }

  next(name: string): void {
    this.held.delete(name);
    this.queues.get(name)?.shift()?.();
  }
}

class FakeChannel {
  onmessage: ((event: { data: unknown }) => void) | null = null;

  constructor(
    private readonly browser: FakeBrowser,
    private readonly name: string,
  ) {
    browser.channels.add(this);
  }

  postMessage(data: unknown): void {
    if (!this.browser.channels.has(this)) throw new DOMException("closed", "InvalidStateError");
    const copy: unknown = structuredClone(data);
    for (const other of [...this.browser.channels]) {
      if (other === this || other.name !== this.name) continue;
      queueMicrotask(() => this.browser.channels.has(other) && other.onmessage?.({ data: copy }));
    }
  }

  close(): void {
    this.browser.channels.delete(this);
  }
}

type Answer = { status?: number; body?: unknown; headers?: Record<string, string> };
export interface Call {
  method: string;
  path: string;
  body: unknown;
  token: string | null;
}

let made = 0;

export function tokens(name = `${(made += 1)}`, expires_in = 600): Tokens {
  return { session_id: `session-${name}`, access_token: `access-${name}`, refresh_token: `refresh-${name}`, expires_in };
}

/** One tab: a client, what its page heard, and what it sent. */
export class FakeTab {
  readonly sockets: FakeSocket[] = [];
  readonly calls: Call[] = [];
  readonly locks: (() => void)[] = [];
  readonly channels: BroadcastChannel[] = [];
  readonly heard: [keyof ClientEvents, unknown][] = [];
  readonly session = vi.fn(async (): Promise<Tokens | null> => tokens());
  dead = false;
  visible = true;
  wake: () => void = () => undefined;
  /** Answers a REST call; what it throws is a broken network. */
  answer: (call: Call) => Answer | Promise<Answer> = ({ path }) =>
    path === "/v1/sessions/refresh" ? { body: tokens() } : { body: { data: [], page: { next: null } } };
  readonly client: Client;
  #ids = 0;

  constructor(
    browser: FakeBrowser | null = null,
    readonly name = "tab",
    options: Partial<ClientOptions> = {},
  ) {
    const platform: Platform = {
      fetch: (url, init) => this.#fetch(String(url), init ?? {}),
      openSocket: (url) => {
        const socket = new FakeSocket(url);
        this.sockets.push(socket);
        return socket as unknown as WebSocket;
      },
      random: () => 0.5,
      newId: () => `${name}-${(this.#ids += 1)}`,
      locks: browser === null ? null : browser.locksOf(this),
      openChannel:
        browser === null
          ? null
          : (name) => {
              const channel = browser.openChannel(name);
              this.channels.push(channel);
              return channel;
            },
      visible: () => this.visible,
      onWake: (wake) => {
        this.wake = wake;
        return () => (this.wake = () => undefined);
      },
    };
    this.client = new Client({ url: "https://gate.example", session: this.session, user: USER, platform, ...options });
    for (const event of ["status", "counts", "notification", "change", "reload"] as const) {
      this.client.on(event, (value: unknown) => void this.heard.push([event, value]));
    }
  }

  get socket(): FakeSocket {
    return this.sockets.at(-1)!;
  }

  get state(): string {
    return this.client.status.state;
  }

  heardOf(name: keyof ClientEvents): unknown[] {
    return this.heard.filter(([event]) => event === name).map(([, value]) => value);
  }

  /** The socket is opened and answered; the `connect` frame that came. */
  async connect(changes: Frame = {}): Promise<Frame> {
    await settle();
    const first = this.socket.open();
    this.socket.tell(connected(changes));
    await settle();
    return first;
  }

  /** As when the process of the tab is killed: nothing is said any more, and the browser lets go of its lock. */
  crash(browser: FakeBrowser): void {
    this.dead = true;
    for (const channel of this.channels) browser.channels.delete(channel as unknown as FakeChannel);
    for (const release of this.locks) release();
  }


  async #fetch(url: string, init: RequestInit): Promise<Response> {
    const header = new Headers(init.headers).get("authorization");
    const call: Call = {
      method: init.method ?? "GET",
      path: url.replace("https://gate.example", ""),
      body: init.body === undefined ? undefined : JSON.parse(String(init.body)),
      token: header?.replace("Bearer ", "") ?? null,
    };
    this.calls.push(call);
    const { status = 200, body, headers = {} } = await this.answer(call);
    return new Response(body === undefined ? null : JSON.stringify(body), { status, headers });
  }
}

export function at(offset: number, epoch = "e1"): { epoch: string; offset: number; tail: string } {
  return { epoch, offset, tail: `tail-${offset}` };
}

export function connected(changes: Frame = {}): Frame {
  return {
    type: "connected",
    user: USER,
    session: "session",
    position: at(0),
    recovered: false,
    unseen: 0,
    unread: 0,
    ping_seconds: 25,
    expires_in: 600,
    ...changes,
  };
}

export function note(id: string, changes: Frame = {}): Frame {
  return {
    id,
    user_id: USER,
    type: "video.liked",
    content: `notification ${id}`,
    metadata: {},
    created_at: "2026-11-22T14:00:00.000Z",
    seen_at: null,
    read_at: null,
    archived_at: null,
    ...changes,
  };
}

export function arrival(offset: number, id = `n${offset}`, counts: Frame = {}): Frame {
  return { type: "notification", position: at(offset), unseen: offset, unread: offset, notification: note(id), ...counts };
}

export function marked(offset: number, state: string, changes: Frame = {}): Frame {
  return { type: "state", position: at(offset), unseen: 0, unread: 0, id: "m", state, at: "2026-11-22T15:00:00.000Z", ...changes };
}

export const PROBLEM = { type: "urn:pavilion:x", title: "No", status: 422, detail: "not like this" };

/** Let everything run that waits for nothing but its turn. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await vi.advanceTimersByTimeAsync(0);
}
