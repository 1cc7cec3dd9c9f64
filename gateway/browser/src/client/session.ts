import { isTransient, ProblemError } from "./errors.js";

/**
 * What `POST /v1/sessions` and `POST /v1/sessions/refresh` answer; `expires_in` is the access token's, in seconds. A token
 * of an outside issuer comes without the other two: when it runs out, the next one is asked for in the same way.
 */
export interface Tokens {
  access_token: string;
  expires_in: number;
  session_id?: string;
  refresh_token?: string;
}

/** Tokens, and until when the access token is good (milliseconds since 1970). */
export interface Held {
  tokens: Tokens;
  until: number;
}

/**
 * Asks the product's own backend, which knows who is signed in, for a session; null if nobody is.
 * What it throws is tried again later, unless the error has `transient: false`.
 */
export type OpenSession = () => Promise<Tokens | null>;

/** Nobody is signed in. */
export class SignedOut extends Error {
  override readonly name = "SignedOut";
  readonly transient = false;
}

const MARGIN = 60_000;

/** For ten seconds the gateway answers a repeated refresh; a later one is taken for theft, and ends the session. */
const REPEATABLE = 8_000;

/** How long before its end a token that is good for `ms` is refreshed. */
export function margin(ms: number): number {
  return Math.min(MARGIN, ms / 2);
}

/**
 * The tokens of this user, and how they are renewed. A refresh token is good once, so one tab alone uses it: only the
 * one that leads calls `token` and `renew`, and `changed` lets it tell the others.
 */
export class Session {
  held: Held | null = null;
  /** Since when the refresh token may have been used up by a request whose answer has not come; null otherwise. */
  rotating: number | null = null;
  #renewing: Promise<string> | null = null;

  constructor(
    private readonly open: OpenSession,
    private readonly refresh: (refreshToken: string) => Promise<Tokens>,
    private readonly changed: () => void,
  ) {}

  get valid(): boolean {
    return this.held !== null && Date.now() < this.held.until;
  }

  /** An access token that is good for a while. Raises SignedOut, Unreachable, or what the callback throws. */
  async token(): Promise<string> {
    const held = this.held;
    if (held === null) return this.#renew();
    const due = held.until - margin(held.tokens.expires_in * 1000);
    if (Date.now() < due && this.rotating === null) return held.tokens.access_token;
    try {
      return await this.#renew();
    } catch (error) {
      if (this.valid && isTransient(error)) return held.tokens.access_token;
      throw error;
    }
  }

  /** An access token other than `refused`. */
  async renew(refused: string): Promise<string> {
    const held = this.held;
    return held !== null && held.tokens.access_token !== refused ? held.tokens.access_token : this.#renew();
  }

  /** The access token has expired, whatever this clock says. */
  expire(): void {
    if (this.held !== null) this.held = { ...this.held, until: 0 };
  }

  forget(): void {
    this.held = null;
    this.rotating = null;
    this.changed();
  }

  #renew(): Promise<string> {
    this.#renewing ??= this.#fresh().finally(() => (this.#renewing = null));
    return this.#renewing;
  }

  async #fresh(): Promise<string> {
    const tokens = (this.held && (await this.#refreshed(this.held))) ?? (await this.open());
    if (tokens === null) {
      this.forget();
      throw new SignedOut("nobody is signed in");
    }
    this.held = { tokens, until: Date.now() + tokens.expires_in * 1000 };
    this.rotating = null;
    this.changed();
    return tokens.access_token;
  }

  /** Null if the session has ended, so that only a new one helps. */
  async #refreshed({ tokens }: Held): Promise<Tokens | null> {
    if (tokens.refresh_token === undefined) return null;
    this.rotating ??= Date.now();
    if (Date.now() - this.rotating > REPEATABLE) return null;
    this.changed();
    try {
      return await this.refresh(tokens.refresh_token);
    } catch (error) {
      const status = error instanceof ProblemError ? error.problem.status : 503;
      if (status < 500) this.rotating = null; // it was answered, and nothing was used up
      if (status >= 500 || status === 429) throw error;
      return null;
    }
  }
}
