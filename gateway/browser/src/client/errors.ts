import type { Problem } from "./types.js";

/** The gateway said no: `problem` says why (RFC 9457). */
export class ProblemError extends Error {
  override readonly name = "ProblemError";

  constructor(
    readonly problem: Problem,
    /** What `Retry-After` asks for, in milliseconds; null without one. */
    readonly retryAfter: number | null = null,
  ) {
    super(problem.detail || problem.title);
  }

  /** Whether the same call may pass later. */
  get transient(): boolean {
    return this.problem.status >= 500 || this.problem.status === 429;
  }
}

/** The gateway could not be reached, or did not answer in time. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";
  readonly transient = true;
}

/** Nothing can be done before `start()`: the client is idle or closed. */
export class NotConnected extends Error {
  override readonly name = "NotConnected";
  readonly transient = false;
}

/** Whether trying again may help. What is not one of ours (a callback's own error) is taken for a hiccup. */
export function isTransient(error: unknown): boolean {
  return !(error instanceof Error && "transient" in error && error.transient === false);
}

/** How long the gateway asked to be left alone, in milliseconds. */
export function askedToWait(error: unknown): number {
  return error instanceof ProblemError ? (error.retryAfter ?? 0) : 0;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
