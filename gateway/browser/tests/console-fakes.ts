/** Answers of `/stats` as far as a test cares for them. */

import type { AgentStats, StreamsStats, TopologyStats } from "../src/console/types.js";

const NONE = { count: 0, p50: null, p95: null, p99: null, max: null };

export function agent(name: string, changes: Partial<AgentStats> = {}): AgentStats {
  return {
    agent: name,
    in: 0,
    batches: 0,
    duplicates: 0,
    late: 0,
    retried: 0,
    dead_lettered: 0,
    dead_letters: {},
    suppressed: {},
    out: {},
    topics: [`${name}-events`],
    partitions: [0],
    state: "running",
    waiting_for: [],
    rates: { in: 0, out: {}, failed: 0 },
    steps: [],
    sources: [{ topic: `${name}-events`, in: 0, rate: 0, lag_messages: 0, lag_seconds: 0 }],
    latency: NONE,
    batch_events: NONE,
    ...changes,
  };
}

export function streams(agents: AgentStats[], changes: Partial<StreamsStats> = {}): StreamsStats {
  return { streams: agents, dependencies: [], workers: [], retry_depth: null, dead_letter_backlog: null, ...changes };
}

/** Agents in groups of `fanIn` that read one topic; all write to `notifications` and to the dead letters. */
export function topology(names: string[], fanIn = 4): TopologyStats {
  const edges: [string, string][] = [];
  const agents = names.map((name, number) => {
    const source = `events-${Math.floor(number / fanIn)}`;
    const back = `topic:${name}-retry-in`;
    edges.push([`topic:${source}`, `agent:${name}`], [`agent:${name}`, "topic:notifications"]);
    edges.push([`agent:${name}`, "topic:dead-letters"], ["store:profiles", `agent:${name}`]);
    edges.push([`agent:${name}`, "topic:retry"], ["topic:retry", back], [back, `agent:${name}`]);
    const steps = [{ kind: "decode", name: "" }, { kind: "emit", name: "notifications" }];
    return { name, topics: [source], steps, tables: [], log: `${name}-log`, retry: `${name}-retry-in` };
  });
  return { agents, edges };
}
