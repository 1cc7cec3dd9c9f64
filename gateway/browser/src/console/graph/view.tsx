/** The graph on the screen. Shapes are drawn once for a layout; a tick changes texts, classes and widths in place. */

import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { count, duration, plural, rate } from "../format.js";
import { memo } from "../ui/memo.js";
import type { Layout, Line, Placed } from "./layout.js";
import type { EdgeNumbers, NodeNumbers, Numbers } from "./model.js";
import { centred, fit, pan, visible, zoom, type View } from "./viewport.js";

const STEP = 60;
/** Below it names cannot be read: blocks of colour stay. */
const FAR = 0.42;
/** More lines than these move only when something is wrong: a page full of moving dashes is no help. */
const MOVING = 80;

interface Props {
  layout: Layout;
  /** How often anything was laid out, for whoever checks that a tick does not. */
  layouts: number;
  numbers: Numbers;
  selected: string;
  onSelect: (id: string) => void;
}

export function GraphView({ layout, layouts, numbers, selected, onSelect }: Props) {
  const box = useRef<HTMLDivElement>(null);
  // Until somebody moves it, all of it is in view: after another layout, and when a panel takes room beside it.
  const moved = useRef(false);
  const [view, setView] = useState<View>({ x: 0, y: 0, scale: 1 });
  const screen = () => ({ width: box.current?.clientWidth ?? 0, height: box.current?.clientHeight ?? 0 });
  const middle = () => ({ x: screen().width / 2, y: screen().height / 2 });
  const whole = () => {
    moved.current = false;
    setView(fit(layout, screen()));
  };

  const move = (change: (view: View) => View): void => {
    moved.current = true;
    setView(change);
  };
  useEffect(() => {
    moved.current = false;
    const resized = new ResizeObserver(() => moved.current || whole());
    resized.observe(box.current!);
    return () => resized.disconnect();
  }, [layout]);
  useWheel(box, move);
  const drag = useDrag(move);

  const onKeyDown = (event: KeyboardEvent): void => {
    const moves: Record<string, () => void> = {
      ArrowLeft: () => move((one) => pan(one, STEP, 0)),
      ArrowRight: () => move((one) => pan(one, -STEP, 0)),
      ArrowUp: () => move((one) => pan(one, 0, STEP)),
      ArrowDown: () => move((one) => pan(one, 0, -STEP)),
      "+": () => move((one) => zoom(one, 1.25, middle())),
      "=": () => move((one) => zoom(one, 1.25, middle())),
      "-": () => move((one) => zoom(one, 0.8, middle())),
      "0": whole,
    };
    const chosen = moves[event.key];
    if (chosen === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    chosen();
  };

  // Chosen from elsewhere, or too far away to be read: it is brought into the middle.
  useEffect(() => {
    const node = layout.nodes.find((one) => one.id === selected);
    if (node === undefined) return;
    setView((one) => {
      if (one.scale >= FAR && visible(one, node, screen())) return one;
      moved.current = true;
      return centred(one, node, screen());
    });
  }, [selected, layout]);

  const focused = useCallback(
    (node: Placed) => setView((one) => (visible(one, node, screen()) ? one : centred(one, node, screen()))),
    [],
  );

  // Moving the view changes one attribute: the shapes are the same ones.
  const shapes = useMemo(() => {
    return [
      ...layout.lines.map((line) => (
        <EdgeView
          key={line.key}
          line={line}
          faded={selected !== "" && line.edge.from !== selected && line.edge.to !== selected}
          {...numbers.edge(line.edge, line.deadEnd)}
        />
      )),
      ...layout.nodes.map((node) => (
        <NodeView
          key={node.key}
          node={node}
          chosen={node.id === selected}
          latency={node.kind === "agent" ? (numbers.agent(node.label)?.latency.p95 ?? null) : null}
          onSelect={onSelect}
          onFocused={focused}
          {...numbers.node(node)}
        />
      )),
    ];
  }, [layout, numbers, selected]);

  const far = view.scale < FAR;
  return (
    <div
      ref={box}
      class={`graph ${far ? "far" : ""} ${layout.lines.length <= MOVING ? "moving" : ""}`}
      data-layouts={layouts}
      onKeyDown={onKeyDown}
      {...drag}
    >
      <svg role="group" aria-label={`The topology: ${plural(layout.nodes.length, "node")}, ${plural(layout.lines.length, "edge")}`}>
        <Arrows />
        <g transform={`translate(${view.x} ${view.y}) scale(${view.scale})`}>
          {shapes}
        </g>
      </svg>
      <div class="zoom" role="toolbar" aria-label="View">
        <button type="button" title="Zoom in (+)" aria-label="Zoom in" onClick={() => move((one) => zoom(one, 1.25, middle()))}>+</button>
        <button type="button" title="Zoom out (−)" aria-label="Zoom out" onClick={() => move((one) => zoom(one, 0.8, middle()))}>−</button>
        <button type="button" class="whole" title="Show all (0)" onClick={whole}>Show all</button>
      </div>
    </div>
  );
}

function Arrows() {
  return (
    <defs>
      {["plain", "warn", "bad"].map((level) => (
        <marker key={level} id={`arrow-${level}`} class={`arrow ${level}`} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto">
          <path d="M0 0.6 7.4 4 0 7.4Z" />
        </marker>
      ))}
    </defs>
  );
}

/** Every property is a number or a text, so that an edge whose numbers stand still is not touched. */
const EdgeView = memo(function EdgeView({ line, faded, rate: flow, lagMessages, lagSeconds, failed, level }: { line: Line; faded: boolean } & EdgeNumbers) {
  const text = line.deadEnd ? (failed > 0 ? `${count(failed)} in 1 min` : "") : flow === null ? "" : rate(flow);
  const behind = (lagSeconds ?? 0) >= 1 ? duration(lagSeconds) : (lagMessages ?? 0) > 0 ? count(lagMessages) : "";
  const lag = behind === "" ? "" : `${behind} behind`;
  const wide = 1.4 + Math.min(2, Math.log10(1 + (flow ?? 0)) * 0.6);
  return (
    <g class={`edge ${level} ${flow ? "flows" : ""} ${line.deadEnd ? "dead" : ""} ${faded ? "faded" : ""}`} data-edge={line.edge.id}>
      <path d={line.path} stroke-width={wide.toFixed(1)} marker-end={`url(#arrow-${level || "plain"})`} />
      {lag !== "" && <title>{`${plural(lagMessages ?? 0, "event")}, the oldest for ${duration(lagSeconds)}`}</title>}
      {text !== "" && (
        <text class="flow" x={line.label.x} y={line.label.y - 5}>
          {text}
        </text>
      )}
      {lag !== "" && (
        <text class="lag" x={line.label.x} y={line.label.y + 12}>
          {lag}
        </text>
      )}
    </g>
  );
});

interface NodeProps extends NodeNumbers {
  node: Placed;
  chosen: boolean;
  latency: number | null;
  onSelect: (id: string) => void;
  onFocused: (node: Placed) => void;
}

const NodeView = memo(function NodeView({ node, chosen, latency, rate: flow, level, note, onSelect, onFocused }: NodeProps) {
  const { width, height } = node;
  const agent = node.kind === "agent";
  const facts = [flow === null ? "" : rate(flow), latency === null ? "" : `p95 ${duration(latency)}`].filter(Boolean);
  const second = node.kind === "store" ? "store" : facts.join("  ·  ");
  const pick = (): void => onSelect(chosen ? "" : node.id);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    pick();
  };
  const name = `${node.kind} ${node.label}${second ? `, ${second}` : ""}${note ? `, ${note}` : ""}`;
  return (
    <g
      class={`node ${node.kind} ${node.copy ? "copy" : level} ${node.dead ? "dead" : ""} ${chosen ? "chosen" : ""}`}
      transform={`translate(${node.x - width / 2} ${node.y - height / 2})`}
      data-node={node.id}
      role="button"
      tabIndex={0}
      aria-pressed={chosen}
      aria-label={name}
      onClick={pick}
      onKeyDown={onKeyDown}
      onFocus={() => onFocused(node)}
    >
      <title>{name}</title>
      <rect class="body" width={width} height={height} rx={node.kind === "topic" ? height / 2 : node.kind === "store" ? 7 : 12} />
      {agent && <circle class="dot" cx="17" cy="20" r="4.5" />}
      <text class="name" x={agent ? 30 : width / 2} y={agent ? 24.5 : height / 2 - (second || note ? 3 : -4)}>
        {shortened(node.label, agent ? 21 : node.copy ? 16 : 22)}
      </text>
      <text class="facts" x={agent ? 15 : width / 2} y={agent ? 46 : height / 2 + 11}>
        {agent && note ? `${facts[0] ?? ""}  ·  ${shortened(note, 18)}` : node.dead ? note : second}
      </text>
    </g>
  );
});

function shortened(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

type Set = (change: (view: View) => View) => void;

function useWheel(box: { current: HTMLDivElement | null }, set: Set): void {
  useEffect(() => {
    const element = box.current!;
    const onWheel = (event: WheelEvent): void => {
      event.preventDefault();
      const { left, top } = element.getBoundingClientRect();
      const point = { x: event.clientX - left, y: event.clientY - top };
      // A trackpad's two fingers move, its pinch (which comes as ctrl) and a wheel's notches zoom.
      const notched = event.deltaMode !== 0 || (event.deltaX === 0 && Math.abs(event.deltaY) >= 50);
      if (event.ctrlKey || notched) set((one) => zoom(one, Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0016)), point));
      else set((one) => pan(one, -event.deltaX, -event.deltaY));
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  }, []);
}

function useDrag(set: Set) {
  const from = useRef<{ x: number; y: number; moved: boolean } | null>(null);
  return useMemo(
    () => ({
      onPointerDown: (event: PointerEvent) => {
        if (event.button === 0) from.current = { x: event.clientX, y: event.clientY, moved: false };
      },
      onPointerMove: (event: PointerEvent) => {
        const last = from.current;
        if (last === null || event.buttons === 0) return;
        const [dx, dy] = [event.clientX - last.x, event.clientY - last.y];
        if (!last.moved && Math.hypot(dx, dy) < 4) return;
        // Only now: a captured pointer's click would never reach the node under it.
        if (!last.moved) (event.currentTarget as Element).setPointerCapture(event.pointerId);
        from.current = { x: event.clientX, y: event.clientY, moved: true };
        set((one) => pan(one, dx, dy));
      },
      onPointerUp: () => {
        from.current = null;
      },
    }),
    [],
  );
}
