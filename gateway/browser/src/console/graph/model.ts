/** The declared topology as nodes and edges, and the numbers that belong on them. */

import type { AgentStats, StreamsStats, TopologyStats } from "../types.js";

export type Kind = "topic" | "agent" | "store";

export interface Node {
  id: string;
  kind: Kind;
  label: string;
  /** Agents alone: whether what fails for now comes back to it. */
  retries: boolean;
  /** The topic of what could not be processed. */
  dead: boolean;
}

export interface Edge {
  id: string;
  from: string;
  to: string;
}

export interface Graph {
  nodes: Node[];
  edges: Edge[];
}

export type Level = "" | "warn" | "bad";

export interface EdgeNumbers {
  rate: number | null;
  lagMessages: number | null;
  lagSeconds: number | null;
  /** Events a second that fail there, or that were put aside in the last minute. */
  failed: number;
  level: Level;
}

export interface NodeNumbers {
  rate: number | null;
  level: Level;
  /** The one thing to know besides the rate. */
  note: string;
}

/** Equal for topologies of the same shape. */
export function fingerprint(topology: TopologyStats | null): string {
  return topology === null ? "" : JSON.stringify([topology.agents ?? [], topology.edges ?? []]);
}

/**
 * The loop by which events come back to an agent is folded into it: three edges an agent that all say the same. With a
 * filter, the agents of that name and what they touch, or whatever else has the name and the agents beside it.
 */
export function graphOf(topology: TopologyStats, filter = ""): Graph {
  const agents = new Map((topology.agents ?? []).map((agent) => [`agent:${agent.name}`, agent]));
  const edges = (topology.edges ?? []) as [string, string][];
  const back = new Set([...agents.values()].flatMap((agent) => (agent.retry === null ? [] : [`topic:${agent.retry}`])));
  const loops = new Set([...back, ...edges.filter(([, to]) => back.has(to)).map(([from]) => from)]);
  const emitted = new Set<string>();
  for (const [id, agent] of agents) {
    for (const step of agent.steps) if (step.kind === "emit") emitted.add(`${id}\n${step.name}`);
  }
  const dead = new Set(
    edges
      .filter(([from, to]) => agents.has(from) && to.startsWith("topic:") && !loops.has(to))
      .filter(([from, to]) => agents.get(from)!.steps.length > 0 && !emitted.has(`${from}\n${to.slice(6)}`))
      .map(([, to]) => to),
  );
  const shown = edges.filter(([from, to]) => !loops.has(from) && !loops.has(to));
  const kept = chosen(shown, agents.keys(), filter.trim().toLowerCase());
  const node = (id: string): Node => ({
    id,
    kind: id.slice(0, id.indexOf(":")) as Kind,
    label: id.slice(id.indexOf(":") + 1),
    retries: agents.get(id)?.retry != null,
    dead: dead.has(id),
  });
  return {
    nodes: [...kept.nodes].sort().map(node),
    edges: kept.edges.map(([from, to]) => ({ id: `${from}>${to}`, from, to })),
  };
}

function chosen(edges: [string, string][], agents: Iterable<string>, filter: string) {
  const all = new Set([...agents, ...edges.flat()]);
  if (filter === "") return { nodes: all, edges };
  const named = new Set([...all].filter((id) => id.toLowerCase().includes(filter)));
  const kept = edges.filter(([from, to]) => named.has(from) || named.has(to));
  return { nodes: new Set([...named, ...kept.flat()]), edges: kept };
}

export type Dying = ReadonlyMap<string, number>;

/** The numbers of one tick, looked up by the ids of nodes and edges. */
export class Numbers {
  readonly #agents = new Map<string, AgentStats>();
  /** Events a second that come into each topic, or as far as that is not ours, that are read from it. */
  readonly #flows = new Map<string, number>();

  constructor(
    private readonly streams: StreamsStats | null,
    private readonly dying: Dying,
  ) {
    const into = new Map<string, number>();
    for (const one of streams?.streams ?? []) {
      this.#agents.set(one.agent, one);
      for (const { topic, rate } of one.sources) this.#flows.set(topic, Math.max(rate, this.#flows.get(topic) ?? 0));
      for (const [topic, rate] of Object.entries(one.rates.out)) into.set(topic, (into.get(topic) ?? 0) + rate);
    }
    for (const [topic, rate] of into) this.#flows.set(topic, rate);
  }

  agent(name: string): AgentStats | undefined {
    return this.#agents.get(name);
  }

  edge({ from, to }: Edge, deadEnd: boolean): EdgeNumbers {
    const none: EdgeNumbers = { rate: null, lagMessages: null, lagSeconds: null, failed: 0, level: "" };
    if (to.startsWith("agent:")) {
      const agent = this.#agents.get(to.slice(6));
      const source = agent?.sources.find((one) => `topic:${one.topic}` === from);
      if (agent === undefined || source === undefined) return none;
      const { lag_messages: lagMessages, lag_seconds: lagSeconds } = source;
      const level = agent.rates.failed > 0 || agent.state === "waiting" ? "bad" : late(lagSeconds, lagMessages);
      return { rate: source.rate, lagMessages, lagSeconds, failed: agent.rates.failed, level };
    }
    const agent = this.#agents.get(from.slice(6));
    if (agent === undefined) return none;
    if (deadEnd) {
      const died = this.dying.get(agent.agent) ?? 0;
      return { ...none, rate: died / 60, failed: died, level: died > 0 ? "bad" : agent.dead_lettered > 0 ? "warn" : "" };
    }
    if (!to.startsWith("topic:")) return none;
    return { ...none, rate: agent.rates.out[to.slice(6)] ?? 0 };
  }

  node(node: Node): NodeNumbers {
    if (node.kind === "agent") return this.#ofAgent(node.label);
    if (node.kind === "store") return { rate: null, level: "", note: "" };
    if (node.dead) {
      const waiting = this.streams?.dead_letter_backlog ?? null;
      return { rate: null, level: waiting ? "warn" : "", note: waiting === null ? "" : `${waiting} to look at` };
    }
    return { rate: this.#flows.get(node.label) ?? null, level: "", note: "" };
  }

  #ofAgent(name: string): NodeNumbers {
    const agent = this.#agents.get(name);
    if (agent === undefined) return { rate: null, level: "warn", note: "no word of it" };
    if (agent.state === "waiting") return { rate: agent.rates.in, level: "bad", note: `waits for ${agent.waiting_for.join(", ")}` };
    if (this.dying.has(name)) return { rate: agent.rates.in, level: "bad", note: `${this.dying.get(name)} dead letters` };
    if (agent.rates.failed > 0) return { rate: agent.rates.in, level: "bad", note: "some events fail" };
    const worst = agent.sources.map((one) => late(one.lag_seconds, one.lag_messages)).sort().pop() ?? "";
    return { rate: agent.rates.in, level: worst, note: worst ? "behind" : "" };
  }
}

function late(seconds: number | null, messages: number | null): Level {
  return (seconds ?? 0) >= 30 || (messages ?? 0) >= 10_000 ? "warn" : "";
}
