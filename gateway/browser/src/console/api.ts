import type {
  CallerShown,
  LetterFilter,
  ReplayReport,
  SeenBySupport,
  ShownLetter,
  ShownReplay,
  StandingSession,
  UserInbox,
} from "./types.js";

export interface Listed<T> {
  data: T[];
  /** `next` is the cursor of the page after this one, null at the end. */
  page: { next: string | null };
}

export type Fetch = typeof fetch;

const ANSWER_LIMIT = 30_000;

/** What went wrong in words for an operator. `status` is 0 if nobody answered. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

/** REST with the operator's key or token, which goes into a header alone. Every method raises ApiError. */
export class Api {
  /** Called with the reason when the key is refused: an expired token, or a key that was changed. */
  onRefused: (reason: string) => void = () => undefined;

  constructor(
    private readonly key: string,
    private readonly fetch: Fetch,
  ) {}

  caller(): Promise<CallerShown> {
    return this.get("/v1/caller");
  }

  letters(filter: LetterFilter, cursor: string | null, limit: number): Promise<Listed<ShownLetter>> {
    const { since, until, ...rest } = filter;
    return this.get("/v1/dead-letters", { ...rest, from: since, to: until, limit: String(limit), cursor });
  }

  letter(id: string): Promise<ShownLetter> {
    return this.get(`/v1/dead-letters/${encodeURI(id).replace(/[?#]/g, encodeURIComponent)}`);
  }

  replays(cursor: string | null): Promise<Listed<ShownReplay>> {
    return this.get("/v1/dead-letters/replays", { cursor, limit: "20" });
  }

  replay(what: { ids: string[] } | { filters: LetterFilter }, dryRun: boolean): Promise<ReplayReport> {
    return this.#call("POST", "/v1/dead-letters/replay", { ...what, dry_run: dryRun });
  }

  inbox(user: string): Promise<UserInbox> {
    return this.get(`/v1/users/${encodeURIComponent(user)}/inbox`);
  }

  notifications(user: string, state: string, cursor: string | null): Promise<Listed<SeenBySupport>> {
    return this.get(`/v1/users/${encodeURIComponent(user)}/notifications`, { state, cursor, limit: "25" });
  }

  sessions(user: string): Promise<Listed<StandingSession>> {
    return this.get(`/v1/users/${encodeURIComponent(user)}/sessions`);
  }

  get<T>(path: string, query: Record<string, string | null | undefined> = {}): Promise<T> {
    const given = Object.entries(query).filter((entry): entry is [string, string] => Boolean(entry[1]));
    const search = new URLSearchParams(given).toString();
    return this.#call("GET", search ? `${path}?${search}` : path);
  }

  /** The answer as it streams, refused ones raised. */
  async stream(path: string, signal: AbortSignal): Promise<Response> {
    return this.#checked(await this.#send(path, { headers: { accept: "text/event-stream" }, signal }));
  }

  async #call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const init: RequestInit = { method, signal: AbortSignal.timeout(ANSWER_LIMIT) };
    if (body !== undefined) {
      init.body = JSON.stringify(body);
      init.headers = { "content-type": "application/json" };
    }
    const response = await this.#checked(await this.#send(path, init));
    try {
      return (await response.json()) as T;
    } catch {
      throw new ApiError("The gateway's answer broke off.", 0);
    }
  }

  async #send(path: string, init: RequestInit): Promise<Response> {
    const headers = { accept: "application/json", ...init.headers, authorization: `Bearer ${this.key}` };
    try {
      return await this.fetch(path, { ...init, headers, cache: "no-store", credentials: "omit", redirect: "error" });
    } catch (error) {
      const late = error instanceof DOMException && error.name === "TimeoutError";
      throw new ApiError(late ? "The gateway did not answer in time." : "The gateway cannot be reached.", 0);
    }
  }

  async #checked(response: Response): Promise<Response> {
    if (response.ok) return response;
    let reason = `The gateway answered ${response.status}.`;
    try {
      const problem = (await response.json()) as { title?: string; detail?: string };
      reason = problem.detail || problem.title || reason;
    } catch {
      // a proxy's answer has no problem in it
    }
    if (response.status === 401) this.onRefused(reason);
    throw new ApiError(reason, response.status);
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
