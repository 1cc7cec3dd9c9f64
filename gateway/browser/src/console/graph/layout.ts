/** Where the nodes stand: once for each shape, whatever the numbers do. */

import { Graph as Dagre, layout as run } from "@dagrejs/dagre";
import type { Edge, Graph, Kind, Node } from "./model.js";

export const SIZES: Record<Kind, { width: number; height: number }> = {
  agent: { width: 196, height: 62 },
  topic: { width: 176, height: 40 },
  store: { width: 132, height: 40 },
};

/** Of a node that is drawn beside each group. */
const COPY = { width: 124, height: 34 };
/** Between the columns: room for what an edge says, less where many groups stand beside each other. */
const [APART, CLOSER] = [150, 104];

/** What so many agents share is drawn beside each group that uses it, or all lines would run to one point. */
export const SHARED = 12;
const GAP = 56;
const ASPECT = 1.7;

/** `key` is unique where a shared node is drawn several times, as a `copy`; `x` and `y` are its centre. */
export interface Placed extends Node {
  key: string;
  copy: boolean;
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Line {
  edge: Edge;
  key: string;
  path: string;
  label: { x: number; y: number };
  deadEnd: boolean;
}

export interface Layout {
  nodes: Placed[];
  lines: Line[];
  width: number;
  height: number;
}

interface Point {
  x: number;
  y: number;
}

/** A group that is laid out by itself, from its own corner. */
interface Part {
  nodes: Placed[];
  routes: { edge: Edge; key: string; deadEnd: boolean; points: Point[] }[];
  width: number;
  height: number;
}

export function layOut(graph: Graph): Layout {
  const { groups, shared } = components(graph);
  const copied = groups.length > 1 ? shared : new Set<string>();
  const parts = groups.map((group, number) => layOutPart(group, number, copied, groups.length > 1 ? CLOSER : APART));
  // Rows of parts, about as wide for their height as a screen is.
  const area = parts.reduce((sum, part) => sum + (part.width + GAP) * (part.height + GAP), 0);
  const widest = Math.max(Math.sqrt(area * ASPECT), ...parts.map((part) => part.width));
  const laid: Layout = { nodes: [], lines: [], width: 0, height: 0 };
  let [x, y, row] = [0, 0, 0];
  for (const part of parts.sort((a, b) => b.height - a.height)) {
    if (x > 0 && x + part.width > widest) [x, y, row] = [0, y + row + GAP, 0];
    const moved = <P extends Point>(point: P): P => ({ ...point, x: point.x + x, y: point.y + y });
    laid.nodes.push(...part.nodes.map(moved));
    laid.lines.push(...part.routes.map(({ points, ...rest }) => ({ ...rest, ...drawn(points.map(moved)) })));
    laid.width = Math.max(laid.width, x + part.width);
    row = Math.max(row, part.height);
    laid.height = Math.max(laid.height, y + row);
    x += part.width + GAP;
  }
  return laid;
}

/** Parts that touch each other only in what is shared; each has copies of that. */
function components(graph: Graph): { groups: Graph[]; shared: ReadonlySet<string> } {
  const degree = new Map<string, number>();
  for (const { from, to } of graph.edges) {
    degree.set(from, (degree.get(from) ?? 0) + 1);
    degree.set(to, (degree.get(to) ?? 0) + 1);
  }
  const shared = new Set([...degree].filter(([id, lines]) => !id.startsWith("agent:") && lines > SHARED).map(([id]) => id));
  const parent = new Map(graph.nodes.map((node) => [node.id, node.id]));
  const root = (id: string): string => {
    let found = id;
    while (parent.get(found) !== found) found = parent.get(found)!;
    parent.set(id, found);
    return found;
  };
  for (const { from, to } of graph.edges) {
    if (!shared.has(from) && !shared.has(to)) parent.set(root(from), root(to));
  }
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  const parts = new Map<string, { nodes: Set<Node>; edges: Edge[] }>();
  const part = (id: string) => {
    const name = root(id);
    if (!parts.has(name)) parts.set(name, { nodes: new Set(), edges: [] });
    return parts.get(name)!;
  };
  for (const node of graph.nodes) if (!shared.has(node.id)) part(node.id).nodes.add(node);
  for (const edge of graph.edges) {
    const own = part(shared.has(edge.from) ? edge.to : edge.from);
    own.nodes.add(nodes.get(edge.from)!).add(nodes.get(edge.to)!);
    own.edges.push(edge);
  }
  return { groups: [...parts.values()].map((one) => ({ nodes: [...one.nodes], edges: one.edges })), shared };
}

function layOutPart(graph: Graph, part: number, copied: ReadonlySet<string>, ranksep: number): Part {
  const dagre = new Dagre();
  dagre.setGraph({ rankdir: "LR", nodesep: 22, edgesep: 14, ranksep, ranker: "tight-tree", marginx: 12, marginy: 12 });
  dagre.setDefaultEdgeLabel(() => ({}));
  for (const node of graph.nodes) dagre.setNode(node.id, { ...(copied.has(node.id) ? COPY : SIZES[node.kind]) });
  // Stores stand behind the agents, those that are read too: before them they would push the agents apart.
  const ends = ({ from, to }: Edge): [string, string] => (from.startsWith("store:") ? [to, from] : [from, to]);
  for (const edge of graph.edges) dagre.setEdge(...ends(edge), {});
  run(dagre);
  const dead = new Set(graph.nodes.filter((node) => node.dead).map((node) => node.id));
  const nodes = graph.nodes.map((node): Placed => {
    const { x, y, width, height } = dagre.node(node.id) as Point & { width: number; height: number };
    return { ...node, key: `${part} ${node.id}`, copy: copied.has(node.id), x, y, width, height };
  });
  const at = new Map(nodes.map((node) => [node.id, node]));
  const routes = graph.edges.map((edge) => {
    const { points } = dagre.edge(...ends(edge)) as { points: Point[] };
    const between = points.slice(1, -1);
    if (edge.from.startsWith("store:")) between.reverse();
    const [start, end] = sides(at.get(edge.from)!, at.get(edge.to)!);
    return { edge, key: `${part} ${edge.id}`, deadEnd: dead.has(edge.to), points: [start, ...between, end] };
  });
  const { width = 0, height = 0 } = dagre.graph() as { width?: number; height?: number };
  return { nodes, routes, width, height };
}

/** Lines leave and arrive in the middle of a side: the sides that face each other. */
function sides(from: Placed, to: Placed): [Point, Point] {
  const way = Math.sign(to.x - from.x) || 1;
  return [
    { x: from.x + (way * from.width) / 2, y: from.y },
    { x: to.x - (way * to.width) / 2, y: to.y },
  ];
}

/** A curve through the points that leaves and arrives level. */
export function drawn(points: Point[]): { path: string; label: Point } {
  const [first, ...rest] = points as [Point, ...Point[]];
  const n = (value: number) => Math.round(value * 10) / 10;
  let path = `M${n(first.x)} ${n(first.y)}`;
  let last = first;
  for (const point of rest) {
    const middle = (last.x + point.x) / 2;
    path += `C${n(middle)} ${n(last.y)} ${n(middle)} ${n(point.y)} ${n(point.x)} ${n(point.y)}`;
    last = point;
  }
  const half = Math.floor((points.length - 1) / 2);
  const [a, b] = [points[half]!, points[half + 1] ?? points[half]!];
  return { path, label: points.length % 2 === 1 ? a : { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 } };
}
