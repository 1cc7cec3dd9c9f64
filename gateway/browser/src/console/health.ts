/** What is wrong now, most urgent first, in words. Each kind has a page in docs/runbook that says what to do. */

import { count, duration, plural, relative } from "./format.js";
import { link } from "./route.js";
import type { StreamsStats, TablesStats } from "./types.js";
import type { Standing } from "./feed.js";

export type Severity = "bad" | "warn";

export interface Trouble {
  kind: string;
  severity: Severity;
  text: string;
  detail: string;
  /** Where in the console it is seen. */
  href: string;
  runbook: string;
}

/** Lag that an agent has for a moment after a start is no trouble. */
export const LAG_SECONDS = 30;
export const LAG_MESSAGES = 10_000;
export const RETRY_DEPTH = 1_000;
const NAMED = 3;

export interface Seen {
  standing: Standing;
  streams: StreamsStats | null;
  tables: TablesStats | null;
  /** Agents by how many events each put aside in the last minute. */
  dying: ReadonlyMap<string, number>;
}

const URGENCY = ["stale", "no-workers", "breaker", "waiting", "failing", "dead-letters", "lag", "retries", "recovery", "backlog", "versions"];

export function troubles(seen: Seen, now: number): Trouble[] {
  const found: Trouble[] = [];
  if (seen.standing.state === "stale") {
    found.push({
      kind: "stale",
      severity: "bad",
      text: `No live numbers for ${duration(Math.max(1, Math.round((now - seen.standing.since) / 1000)))}`,
      detail: seen.standing.reason,
      href: link("workers"),
      runbook: seen.standing.workers ? "no-worker" : "gateway-down",
    });
  }
  if (seen.streams !== null) found.push(...ofStreams(seen.streams, seen.dying, now));
  if (seen.tables !== null) found.push(...ofTables(seen.tables));
  const order = (one: Trouble) => URGENCY.indexOf(one.kind);
  return found.sort((a, b) => Number(a.severity === "warn") - Number(b.severity === "warn") || order(a) - order(b));
}

function ofStreams(streams: StreamsStats, dying: ReadonlyMap<string, number>, now: number): Trouble[] {
  const found: Trouble[] = [];
  const add = (kind: string, severity: Severity, text: string, detail: string, href: string, runbook: string) =>
    found.push({ kind, severity, text, detail, href, runbook });
  if ((streams.workers ?? []).length === 0 && streams.note !== undefined) {
    add("no-workers", "bad", "No worker runs", streams.note, link("workers"), "no-worker");
  }
  const versions = new Set((streams.workers ?? []).map((one) => one.version));
  if (versions.size > 1) {
    add("versions", "warn", "Workers run different versions", [...versions].sort().join(", "), link("workers"), "versions-mixed");
  }
  for (const one of streams.dependencies ?? []) {
    if (one.state === "closed") continue;
    const waiting = streams.streams.filter((agent) => agent.waiting_for.includes(one.name)).map((agent) => agent.agent);
    const text = `${one.name} ${one.state === "open" ? "is away" : "is tried again"} since ${relative(Date.parse(one.since), now)}`;
    const detail = [one.last_error, waiting.length > 0 ? `${some(waiting)} wait for it` : ""].filter(Boolean).join(" · ");
    add("breaker", "bad", text.replace(/since (.*) ago$/, "for $1"), detail, link("dependencies"), "breaker-open");
  }
  const known = new Set((streams.dependencies ?? []).filter((one) => one.state !== "closed").map((one) => one.name));
  for (const agent of streams.streams) {
    const href = link("topology", { agent: agent.agent });
    const other = agent.waiting_for.filter((name) => !known.has(name));
    if (agent.state === "waiting" && (other.length > 0 || agent.waiting_for.length === 0)) {
      add("waiting", "bad", `${agent.agent} waits`, other.join(", ") || "for a dependency", href, "partitions-paused");
    }
    const died = dying.get(agent.agent) ?? 0;
    if (died > 0) {
      const reasons = Object.entries(agent.dead_letters).sort((a, b) => b[1] - a[1]);
      const detail = reasons.slice(0, 3).map(([reason, number]) => `${reason} ${count(number)}`).join(" · ");
      const letters = link("letters", { agent: agent.agent, state: "pending" });
      add("dead-letters", "bad", `${agent.agent} put aside ${plural(died, "event")} in the last minute`, detail, letters, "dead-letters");
    } else if (agent.rates.failed > 0) {
      const fates = `${plural(agent.retried, "event")} tried again, ${count(agent.dead_lettered)} put aside so far`;
      add("failing", "warn", `${agent.agent} fails ${count(agent.rates.failed)} events a second`, fates, href, "error-rate");
    }
    for (const source of agent.sources) {
      const [late, many] = [source.lag_seconds ?? 0, source.lag_messages ?? 0];
      if (late < LAG_SECONDS && many < LAG_MESSAGES) continue;
      const behind = [late >= 1 ? duration(late) : "", plural(many, "event")].filter(Boolean).join(", ");
      add("lag", late >= 10 * LAG_SECONDS ? "bad" : "warn", `${agent.agent} is ${behind} behind`, source.topic, href, "lag");
    }
  }
  if ((streams.retry_depth ?? 0) >= RETRY_DEPTH) {
    add("retries", "warn", `${plural(streams.retry_depth!, "event")} wait for another attempt`, "", link("topology"), "retry-depth");
  }
  if ((streams.dead_letter_backlog ?? 0) > 0) {
    const text = `${plural(streams.dead_letter_backlog!, "dead letter")} to look at`;
    add("backlog", "warn", text, "look at the reason, then replay", link("letters", { state: "pending" }), "dead-letters-waiting");
  }
  return found;
}

/** The first names, and how many more: a fault that stops everything must still be read at a glance. */
function some(names: string[]): string {
  const more = names.length - NAMED;
  return more <= 1 ? names.join(", ") : `${names.slice(0, NAMED).join(", ")} and ${more} more`;
}

function ofTables(tables: TablesStats): Trouble[] {
  const recovering = new Map<string, number>();
  for (const part of tables.tables) {
    if (part.state === "recovering") recovering.set(part.table, (recovering.get(part.table) ?? 0) + 1);
  }
  return [...recovering].map(([table, parts]) => ({
    kind: "recovery",
    severity: "warn",
    text: `${table} is read back from its log`,
    detail: plural(parts, "partition"),
    href: link("tables"),
    runbook: "recovery-slow",
  }));
}
