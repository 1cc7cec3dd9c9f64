/** What a close of the socket asks for, by its code (docs/gateway.md, "Close codes"). */
export type Verdict = "come back" | "refresh" | "new session" | "signed out" | "refused";

const REFUSED = new Set([1002, 1003, 1007, 1008, 1009, 1010]);

export function verdict(code: number): Verdict {
  if (code === 4005) return "refresh";
  if (code === 4500) return "new session";
  if (code === 4503) return "signed out";
  if ((code >= 4500 && code <= 4999) || REFUSED.has(code)) return "refused";
  return "come back";
}
