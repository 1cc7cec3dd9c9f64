import { Backoff } from "../client/backoff.js";
import { ApiError, messageOf, type Api } from "./api.js";
import { EventParser } from "./events.js";
import { Store } from "./store.js";

/** `since` is when the numbers were last good, or when they were first asked for. */
export interface Standing {
  state: "connecting" | "live" | "stale";
  since: number;
  reason: string;
  /** Whether the gateway answers and it is the workers that are silent. */
  workers: boolean;
}

export interface Clock {
  now(): number;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  random(): number;
}

export const SILENCE = 6_000;
/** An answer whose `at` stands still is as stale as none. */
export const STILL = 5_000;
const FIRST_WAIT = 500;
const LONGEST_WAIT = 10_000;

/**
 * One `/stats` route as a stream of events, read again after every end with full-jitter backoff. The last value stays
 * when the line is cut: `standing` says how old it is.
 */
export class Feed<T extends { at?: string; stale?: string }> {
  readonly value = new Store<T | null>(null);
  readonly standing: Store<Standing>;
  #stopped: AbortController | null = null;
  #at = "";
  #moved = 0;

  constructor(
    private readonly api: Pick<Api, "stream">,
    private readonly path: string,
    private readonly clock: Clock,
  ) {
    this.standing = new Store<Standing>({ state: "connecting", since: clock.now(), reason: "", workers: false });
  }

  start(): void {
    if (this.#stopped === null) void this.#run((this.#stopped = new AbortController()).signal);
  }

  stop(): void {
    this.#stopped?.abort();
    this.#stopped = null;
  }

  async #run(stopped: AbortSignal): Promise<void> {
    const backoff = new Backoff(FIRST_WAIT, LONGEST_WAIT, () => this.clock.random());
    while (!stopped.aborted) {
      let reason = "The gateway ended the stream.";
      try {
        await this.#read(stopped, () => backoff.reset());
      } catch (error) {
        reason = messageOf(error);
        if (error instanceof ApiError && (error.status === 401 || error.status === 403)) {
          this.#lose(reason);
          return; // asking again would be refused again, and each refusal is on record
        }
      }
      if (stopped.aborted) return;
      this.#lose(reason);
      await this.clock.sleep(backoff.next(), stopped).catch(() => undefined);
    }
  }

  async #read(stopped: AbortSignal, received: () => void): Promise<void> {
    const silent = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const wait = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => silent.abort(), SILENCE);
    };
    const either = AbortSignal.any([stopped, silent.signal]);
    wait();
    try {
      const response = await this.api.stream(this.path, either);
      const parser = new EventParser();
      const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        for (const data of parser.push(part.value)) {
          wait();
          received();
          this.#take(JSON.parse(data) as T);
        }
      }
    } catch (error) {
      throw silent.signal.aborted ? new Error(`Nothing came for ${SILENCE / 1000} s.`) : error;
    } finally {
      clearTimeout(timer);
    }
  }

  #take(value: T): void {
    const now = this.clock.now();
    if (value.at === undefined || value.at !== this.#at) this.#moved = now;
    this.#at = value.at ?? "";
    this.value.set(value);
    if (value.stale !== undefined) this.#lose("The gateway gets no word from the workers.", Date.parse(value.stale), true);
    else if (now - this.#moved > STILL) this.#lose("The gateway answers, but its numbers stand still.");
    else this.standing.set({ state: "live", since: now, reason: "", workers: false });
  }

  #lose(reason: string, since = this.standing.value.since, workers = false): void {
    const before = this.standing.value;
    if (before.state === "stale" && before.reason === reason && before.since === since) return;
    this.standing.set({ state: "stale", since, reason, workers });
  }
}

export const realClock: Clock = {
  now: () => Date.now(),
  random: () => Math.random(),
  sleep: (ms, signal) =>
    new Promise((done, fail) => {
      const timer = setTimeout(done, ms);
      signal.addEventListener("abort", () => (clearTimeout(timer), fail(new Error("stopped"))), { once: true });
    }),
};
