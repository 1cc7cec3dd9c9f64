import type { Platform } from "./platform.js";

export interface TabHandlers<Message> {
  /** This tab leads from now on; `taken` if it took over from one that did not answer. */
  lead(taken: boolean): void;
  /** Another tab has taken over: this one follows from now on. */
  follow(): void;
  message(message: Message): void;
}

/**
 * Which of the tabs that share a name leads. The browser decides: who holds the lock leads, and when that tab is closed
 * or crashes, the next in line gets it. Where there are no locks, or without a name, this tab leads by itself.
 */
export class Tabs<Message> {
  #channel: BroadcastChannel | null = null;
  #release: (() => void) | null = null;
  #waiting: AbortController | null = null;
  #leads = false;

  constructor(
    private readonly name: string | null,
    private readonly platform: Platform,
    private readonly handlers: TabHandlers<Message>,
  ) {}

  get leads(): boolean {
    return this.#leads;
  }

  /** Whether there can be other tabs. */
  get shared(): boolean {
    return this.#channel !== null;
  }

  join(): void {
    const { locks, openChannel } = this.platform;
    if (this.name === null || locks === null || openChannel === null) {
      this.#lead(false);
      return;
    }
    this.#channel = openChannel(this.name);
    this.#channel.onmessage = (event: MessageEvent<Message>) => this.handlers.message(event.data);
    this.#request(locks, this.name, false);
  }

  post(message: Message): void {
    this.#channel?.postMessage(message);
  }

  /** Take over from a tab that holds the lock and does nothing, as one that the system has frozen. */
  take(): void {
    const { locks } = this.platform;
    if (this.name === null || locks === null || this.#channel === null || this.#leads) return;
    this.#waiting?.abort();
    this.#request(locks, this.name, true);
  }

  leave(): void {
    this.#leads = false;
    this.#waiting?.abort();
    this.#waiting = null;
    this.#release?.();
    this.#release = null;
    this.#channel?.close();
    this.#channel = null;
  }

  #request(locks: Pick<LockManager, "request">, name: string, steal: boolean): void {
    const waiting = new AbortController();
    this.#waiting = waiting;
    // A request that takes can not be aborted, and needs no signal: it is granted at once.
    const options = steal ? { steal } : { signal: waiting.signal };
    const held = () =>
      new Promise<void>((resolve) => {
        if (this.#waiting !== waiting) return resolve();
        this.#release = resolve;
        this.#lead(steal);
      });
    locks.request(name, options, held).catch((error: unknown) => {
      if (this.#waiting !== waiting) return; // aborted by ourselves
      this.#release = null;
      if (error instanceof Error && error.name === "AbortError") {
        this.#leads = false; // taken from us
        this.handlers.follow();
        this.#request(locks, name, false);
      } else {
        this.leave(); // no locks for this page, as in a sandboxed frame
        this.#lead(false);
      }
    });
  }

  #lead(taken: boolean): void {
    this.#leads = true;
    this.handlers.lead(taken);
  }
}
