import { ProblemError, Unreachable } from "./errors.js";
import type { MarkState } from "./marks.js";
import type { Platform } from "./platform.js";
import type { Tokens } from "./session.js";
import type { Notification, Position, Problem } from "./types.js";

export interface Counts {
  unseen: number;
  unread: number;
}

export interface Page {
  data: Notification[];
  /** `next` is the cursor of the page after this one, for the same filters; null at the end. */
  page: { next: string | null };
}

/** `limit` is 1 to 200 (50 without one); `state` is unseen, unread, read or archived; `type` is as in `video.liked`. */
export interface ListOptions {
  limit?: number;
  cursor?: string | null;
  state?: "unseen" | "unread" | "read" | "archived";
  type?: string;
}

/** Times are `HH:MM` in the time zone, which has an IANA name. */
export interface QuietHours {
  start: string;
  end: string;
  time_zone: string;
}

/** `types` says for each type whether it is wanted. */
export interface Preferences {
  types: Record<string, boolean>;
  quiet_hours: QuietHours | null;
}

export interface PreferenceClasses {
  /** What holds without a choice of the user, and whether there is one. */
  classes: Record<string, { default: boolean; mandatory: boolean }>;
}

/** Where an access token comes from: `refused` is one that no longer works. */
export type TokenSource = (refused?: string) => Promise<string>;

const ANSWER_LIMIT = 10_000;
/** Short, so that a refresh whose answer was lost is repeated while that is allowed. */
const REFRESH_LIMIT = 4_000;

/** The REST routes of one's own inbox. Every method raises ProblemError or Unreachable. */
export class Rest {
  constructor(
    private readonly base: string,
    private readonly token: TokenSource,
    private readonly platform: Platform,
  ) {}

  list({ limit, cursor, state, type }: ListOptions = {}): Promise<Page> {
    const query = new URLSearchParams();
    if (limit !== undefined) query.set("limit", String(limit));
    for (const [name, value] of Object.entries({ cursor, state, type })) if (value) query.set(name, value);
    return this.#call("GET", `/v1/notifications?${query}`);
  }

  get(id: string): Promise<Notification> {
    return this.#call("GET", `/v1/notifications/${encodeURIComponent(id)}`);
  }

  delete(id: string): Promise<void> {
    return this.#call("DELETE", `/v1/notifications/${encodeURIComponent(id)}`);
  }

  /** Like `Client.mark`, without a socket. With the same `id` again nothing changes. */
  mark(body: { state: MarkState; notifications?: string[]; up_to?: string; id?: string }): Promise<Counts> {
    return this.#call("POST", "/v1/notifications/mark", body);
  }

  counts(): Promise<Counts & { position: Position }> {
    return this.#call("GET", "/v1/counts");
  }

  preferences(): Promise<Preferences & PreferenceClasses> {
    return this.#call("GET", "/v1/preferences");
  }

  /** What is given is set, and the rest stays. */
  setPreferences(preferences: Partial<Preferences>): Promise<Preferences & PreferenceClasses> {
    return this.#call("PUT", "/v1/preferences", preferences);
  }

  endSession(id: string): Promise<void> {
    return this.#call("DELETE", `/v1/sessions/${encodeURIComponent(id)}`);
  }

  refresh(refreshToken: string): Promise<Tokens> {
    return this.#fetch("POST", "/v1/sessions/refresh", { refresh_token: refreshToken }, null, REFRESH_LIMIT);
  }

  async #call<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    const token = await this.token();
    try {
      return await this.#fetch(method, path, body, token, ANSWER_LIMIT);
    } catch (error) {
      if (!(error instanceof ProblemError) || error.problem.status !== 401) throw error;
      return this.#fetch(method, path, body, await this.token(token), ANSWER_LIMIT);
    }
  }

  async #fetch<Answer>(
    method: string,
    path: string,
    body: unknown,
    token: string | null,
    limit: number,
  ): Promise<Answer> {
    const headers: Record<string, string> = {};
    if (token !== null) headers["authorization"] = `Bearer ${token}`;
    if (body !== undefined) headers["content-type"] = "application/json";
    const init: RequestInit = { method, headers, credentials: "omit", signal: AbortSignal.timeout(limit) };
    if (body !== undefined) init.body = JSON.stringify(body);
    let response: Response, text: string;
    try {
      response = await this.platform.fetch(this.base + path, init);
      text = await response.text();
    } catch (error) {
      throw new Unreachable("the gateway cannot be reached", { cause: error });
    }
    if (!response.ok) throw new ProblemError(problemOf(response, text), retryAfter(response));
    return (text === "" ? undefined : JSON.parse(text)) as Answer;
  }
}

/** What stands between us and the gateway answers with no problem document. */
function problemOf(response: Response, text: string): Problem {
  try {
    const problem: unknown = JSON.parse(text);
    if (typeof problem === "object" && problem !== null && "title" in problem) return problem as Problem;
  } catch {
    // HTML, say
  }
  return { type: "about:blank", title: response.statusText || `HTTP ${response.status}`, status: response.status };
}

function retryAfter(response: Response): number | null {
  const seconds = Number(response.headers.get("retry-after") ?? "");
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : null;
}
