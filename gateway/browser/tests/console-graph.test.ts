import { describe, expect, it } from "vitest";
import { drawn, layOut } from "../src/console/graph/layout.js";
import { fingerprint, graphOf, Numbers } from "../src/console/graph/model.js";
import { centred, fit, visible, zoom } from "../src/console/graph/viewport.js";
import { agent, streams, topology } from "./console-fakes.js";

const names = (count: number) => Array.from({ length: count }, (_, number) => `a${String(number).padStart(3, "0")}`);

describe("the graph", () => {
  it("folds the loop of retries into the agent, and knows the topic of dead letters", () => {
    const graph = graphOf(topology(["video"]));
    expect(graph.nodes.map((node) => node.id)).toEqual([
      "agent:video",
      "store:profiles",
      "topic:dead-letters",
      "topic:events-0",
      "topic:notifications",
    ]);
    expect(graph.nodes.filter((node) => node.dead).map((node) => node.label)).toEqual(["dead-letters"]);
    expect(graph.nodes[0]!.retries).toBe(true);
    expect(graph.edges).toHaveLength(4);
  });

  it("shows what a filter names and what is beside it", () => {
    const all = topology(names(8));
    expect(graphOf(all, "A003").nodes.filter((node) => node.kind === "agent").map((node) => node.label)).toEqual(["a003"]);
    const group = graphOf(all, "events-1");
    expect(group.nodes.filter((node) => node.kind === "agent")).toHaveLength(4);
    expect(graphOf(all, "nothing has this").nodes).toEqual([]);
  });

  it("has an agent that touches nothing", () => {
    expect(graphOf({ agents: topology(["alone"]).agents!, edges: [] }).nodes.map((node) => node.id)).toEqual(["agent:alone"]);
  });

  it("is another one only if its shape is", () => {
    expect(fingerprint(topology(["a"]))).toBe(fingerprint({ ...topology(["a"]), at: "later" }));
    expect(fingerprint(topology(["a"]))).not.toBe(fingerprint(topology(["a", "b"])));
  });
});

describe("the layout", () => {
  it("puts what is written to the right of its agent, and nothing onto another", () => {
    const { nodes } = layOut(graphOf(topology(names(6))));
    const at = new Map(nodes.map((node) => [node.id, node]));
    expect(at.get("topic:events-0")!.x).toBeLessThan(at.get("agent:a000")!.x);
    expect(at.get("agent:a000")!.x).toBeLessThan(at.get("topic:notifications")!.x);
    expect(at.get("agent:a000")!.x).toBeLessThan(at.get("store:profiles")!.x);
    expect(overlaps(nodes)).toEqual([]);
  });

  it("repeats what two hundred agents share beside each group, in the shape of a screen", () => {
    const graph = graphOf(topology(names(200)));
    const { nodes, lines, width, height } = layOut(graph);
    expect(nodes.filter((node) => node.kind === "agent")).toHaveLength(200);
    expect(nodes.filter((node) => node.id === "topic:notifications" && node.copy)).toHaveLength(50);
    expect(lines).toHaveLength(graph.edges.length);
    expect(new Set([...nodes, ...lines].map((one) => one.key)).size).toBe(nodes.length + lines.length);
    expect(width / height).toBeGreaterThan(0.8);
    expect(width / height).toBeLessThan(3);
    expect(overlaps(nodes)).toEqual([]);
  });

  it("draws a loop and a node alone", () => {
    const loop = { agents: topology(["a"]).agents!, edges: [["topic:t", "agent:a"], ["agent:a", "topic:t"]] as [string, string][] };
    const { lines } = layOut(graphOf(loop));
    expect(lines.map((line) => line.edge.id).sort()).toEqual(["agent:a>topic:t", "topic:t>agent:a"]);
    expect(layOut(graphOf({ agents: topology(["a"]).agents!, edges: [] })).nodes).toHaveLength(1);
    expect(layOut({ nodes: [], edges: [] })).toMatchObject({ nodes: [], lines: [] });
  });

  it("leaves and arrives level", () => {
    const { path, label } = drawn([{ x: 0, y: 0 }, { x: 50, y: 20 }, { x: 100, y: 20 }]);
    expect(path).toBe("M0 0C25 0 25 20 50 20C75 20 75 20 100 20");
    expect(label).toEqual({ x: 50, y: 20 });
  });
});

function overlaps(nodes: { key: string; x: number; y: number; width: number; height: number }[]): string[] {
  return nodes.flatMap((a, at) =>
    nodes
      .slice(at + 1)
      .filter((b) => Math.abs(a.x - b.x) < (a.width + b.width) / 2 && Math.abs(a.y - b.y) < (a.height + b.height) / 2)
      .map((b) => `${a.key} on ${b.key}`),
  );
}

describe("the numbers on it", () => {
  const edge = (from: string, to: string) => ({ id: `${from}>${to}`, from, to });

  it("are rate and lag of what is read, red where it fails", () => {
    const source = { topic: "t", in: 5, rate: 12, lag_messages: 40, lag_seconds: 3 };
    const well = new Numbers(streams([agent("a", { sources: [source] })]), new Map());
    expect(well.edge(edge("topic:t", "agent:a"), false)).toEqual({ rate: 12, lagMessages: 40, lagSeconds: 3, failed: 0, level: "" });
    const failing = new Numbers(streams([agent("a", { sources: [source], rates: { in: 12, out: {}, failed: 2 } })]), new Map());
    expect(failing.edge(edge("topic:t", "agent:a"), false)).toMatchObject({ failed: 2, level: "bad" });
    const late = new Numbers(streams([agent("a", { sources: [{ ...source, lag_seconds: 31 }] })]), new Map());
    expect(late.edge(edge("topic:t", "agent:a"), false).level).toBe("warn");
  });

  it("are red on the way to the dead letters only while events are put aside", () => {
    const before = streams([agent("a", { dead_lettered: 4 })]);
    expect(new Numbers(before, new Map()).edge(edge("agent:a", "topic:dead"), true).level).toBe("warn");
    expect(new Numbers(before, new Map([["a", 3]])).edge(edge("agent:a", "topic:dead"), true)).toMatchObject({ failed: 3, level: "bad" });
  });

  it("are sums of what is written into a topic, else of what is read from it", () => {
    const numbers = new Numbers(
      streams([
        agent("a", { rates: { in: 1, out: { out: 2 }, failed: 0 }, sources: [{ topic: "in", in: 0, rate: 7, lag_messages: null, lag_seconds: null }] }),
        agent("b", { rates: { in: 1, out: { out: 3 }, failed: 0 } }),
      ]),
      new Map(),
    );
    const topic = (label: string) => ({ id: `topic:${label}`, kind: "topic" as const, label, retries: false, dead: false });
    expect(numbers.node(topic("out")).rate).toBe(5);
    expect(numbers.node(topic("in")).rate).toBe(7);
    expect(numbers.node(topic("other")).rate).toBe(null);
  });

  it("say that nobody runs an agent, or what it waits for", () => {
    const node = { id: "agent:a", kind: "agent" as const, label: "a", retries: true, dead: false };
    expect(new Numbers(streams([]), new Map()).node(node)).toMatchObject({ level: "warn", note: "no word of it" });
    const waiting = streams([agent("a", { state: "waiting", waiting_for: ["redis"] })]);
    expect(new Numbers(waiting, new Map()).node(node)).toMatchObject({ level: "bad", note: "waits for redis" });
  });
});

describe("the view", () => {
  const screen = { width: 800, height: 600 };

  it("shows all of it, never larger than life", () => {
    expect(fit({ width: 100, height: 100 }, screen)).toEqual({ scale: 1, x: 350, y: 250 });
    const far = fit({ width: 8000, height: 1000 }, screen);
    expect(8000 * far.scale).toBeLessThanOrEqual(800);
  });

  it("keeps what is under the pointer there", () => {
    const view = zoom({ x: 10, y: 20, scale: 1 }, 2, { x: 110, y: 120 });
    expect(view).toEqual({ scale: 2, x: -90, y: -80 });
  });

  it("brings a point into the middle, near enough to be read", () => {
    const view = centred({ x: 0, y: 0, scale: 0.1 }, { x: 5000, y: 5000 }, screen);
    expect(view.scale).toBe(0.8);
    expect(visible(view, { x: 5000, y: 5000 }, screen)).toBe(true);
    expect(visible(view, { x: 0, y: 0 }, screen)).toBe(false);
  });
});
