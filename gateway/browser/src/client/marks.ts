import { NotConnected, ProblemError } from "./errors.js";
import type { Mark, Problem } from "./types.js";

export type MarkState = Mark["state"];

interface Pending {
  frame: Mark;
  done: Promise<void>;
  resolve(): void;
  reject(error: Error): void;
}

const MOST = 1_000;
/** Below what the gateway takes before it closes with 4013 (60 frames at once, 20 a second). */
const BURST = 20;
const EVERY_MS = 100;

/** Marks on their way: each is sent again, under the same id, on every new connection until it is answered. */
export class Marks {
  readonly #pending = new Map<string, Pending>();
  #unsent: string[] = [];
  #allowed = BURST;
  #refilled = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** `send` says whether it could. */
  constructor(private readonly send: (frame: Mark) => boolean) {}

  get size(): number {
    return this.#pending.size;
  }

  /** Resolves when the gateway has answered; raises ProblemError if it refuses, NotConnected after a sign-out. */
  add(frame: Mark): Promise<void> {
    const known = this.#pending.get(frame.id);
    if (known !== undefined) return known.done;
    if (this.#pending.size >= MOST) return Promise.reject(new NotConnected("too many changes wait for a connection"));
    const pending = { frame } as Pending;
    pending.done = new Promise((resolve, reject) => Object.assign(pending, { resolve, reject }));
    this.#pending.set(frame.id, pending);
    this.#unsent.push(frame.id);
    this.#pump();
    return pending.done;
  }

  answered(id: string, problem: Problem | null): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    if (problem === null) pending.resolve();
    else pending.reject(new ProblemError(problem));
  }

  /** There is a new connection: everything that was not answered goes out again, in order. */
  resend(): void {
    this.#unsent = [...this.#pending.keys()];
    this.#pump();
  }

  abandon(error: Error): void {
    const all = [...this.#pending.values()];
    this.#pending.clear();
    this.#unsent = [];
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    for (const pending of all) pending.reject(error);
  }

  #pump(): void {
    this.#refill();
    while (this.#allowed >= 1 && this.#unsent.length > 0) {
      const pending = this.#pending.get(this.#unsent[0]!);
      if (pending !== undefined) {
        if (!this.send(pending.frame)) return; // resend() goes on
        this.#allowed -= 1;
      }
      this.#unsent.shift();
    }
    if (this.#unsent.length === 0 || this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#pump();
    }, EVERY_MS);
  }

  #refill(): void {
    const now = Date.now();
    this.#allowed = Math.min(BURST, this.#allowed + Math.max(0, now - this.#refilled) / EVERY_MS);
    this.#refilled = now;
  }
}
