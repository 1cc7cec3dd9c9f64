"""The graph of the topology as a picture: SVG that stands by itself, in light and dark, with all text in it as text.

Retry topics are left out, since each belongs to one agent and goes round: such an agent has a line instead. A store
that agents both ask and write to is drawn twice, before them and after them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from streams.layout import Edge, Point, layered

MARGIN, HEAD = 24.0, 44.0
COLUMN_GAP, ROW_GAP = 64.0, 16.0
LETTER, SMALL_LETTER = 7.6, 6.3
"""Widths of a letter in pixels, rather too wide than too narrow: who looks has a font of his own."""
STEP_LINE = 16.0
ASKED = "\0"
"""Ends the name of a store that is drawn a second time, where it is asked."""

_STYLE = """\
svg { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  --back: #ffffff; --text: #1c2330; --soft: #5c6778; --line: #8a95a8; --agent: #eef3ff; --agent-line: #4568d6;
  --topic: #fff6e5; --topic-line: #c98a1b; --store: #e9f7f0; --store-line: #2f8f66; }
@media (prefers-color-scheme: dark) { svg { --back: #12161f; --text: #e8ecf4; --soft: #9aa6ba; --line: #6b7790;
  --agent: #1c2848; --agent-line: #7f9bff; --topic: #352a14; --topic-line: #e0ab4b; --store: #14302a;
  --store-line: #54c396; } }
.back { fill: var(--back); } text { fill: var(--text); } .name { font-weight: 600; }
.soft { fill: var(--soft); font-size: 11px; } .head { font-size: 15px; font-weight: 600; }
.agent { fill: var(--agent); stroke: var(--agent-line); } .topic { fill: var(--topic); stroke: var(--topic-line); }
.store { fill: var(--store); stroke: var(--store-line); }
.edge { fill: none; stroke: var(--line); stroke-width: 1.4; } .aside { stroke-dasharray: 4 4; opacity: .55; }
.tip { fill: var(--line); }"""


def as_svg(graph: Mapping[str, Any]) -> str:
    """What :func:`streams.graph.describe` returns, as the text of an SVG document."""
    agents = {f"agent:{agent['name']}": agent for agent in graph["agents"]}
    edges, aside = _edges(graph, agents)
    nodes = sorted({node for edge in edges for node in edge} | agents.keys())
    layout = layered(
        {node: _size(node, agents) for node in nodes}, edges, column_gap=COLUMN_GAP, row_gap=ROW_GAP
    )
    width, height = max(layout.width, 420.0) + 2 * MARGIN, layout.height + HEAD + 2 * MARGIN
    names = ", ".join(agent["name"] for agent in graph["agents"])
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}"'
        f' viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label="{escape(f"Topology: {names}")}">',
        f"<style>{_STYLE}</style>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path class="tip" d="M0 0.5 8 4 0 7.5z"/></marker></defs>',
        f'<rect class="back" width="{width:.0f}" height="{height:.0f}"/>',
        *_legend(width),
        f'<g transform="translate({MARGIN:.0f} {HEAD + MARGIN:.0f})">',
        *(_line(points, edge in aside) for edge, points in layout.lines.items()),
        *(part for node in nodes for part in _node(node, layout.places[node], _size(node, agents), agents)),
        "</g>",
        "</svg>",
    ]
    return "\n".join(lines)


def _edges(graph: Mapping[str, Any], agents: Mapping[str, Any]) -> tuple[list[Edge], set[Edge]]:
    """Those to draw, and which of them only lead aside: to the dead letters, which no step of the agent names."""
    back = {f"topic:{agent['retry']}" for agent in graph["agents"] if agent["retry"]}
    hidden = back | {start for start, end in graph["edges"] if end in back}
    shown = [(start, end) for start, end in graph["edges"] if not {start, end} & (hidden - agents.keys())]
    written = {end for _, end in shown if end.startswith("store:")}
    edges = [(f"{start}{ASKED}" if start in written else start, end) for start, end in shown]
    aside = set()
    for start, end in edges:
        if start in agents and end.startswith("topic:"):
            emitted = {f"topic:{step['name']}" for step in agents[start]["steps"] if step["kind"] == "emit"}
            if agents[start]["steps"] and end not in emitted:
                aside.add((start, end))
    return edges, aside


def _steps(agent: Mapping[str, Any]) -> list[str]:
    steps = [f"{step['kind']} {step['name']}" for step in agent["steps"] if step["name"]]
    return [*steps, *(["retry: what fails comes again"] if agent["retry"] else [])]


def _size(node: str, agents: Mapping[str, Any]) -> tuple[float, float]:
    label = node.partition(":")[2].removesuffix(ASKED)
    if node not in agents:
        return len(label) * LETTER + (40 if node.startswith("store:") else 32), 30.0
    steps = _steps(agents[node])
    widest = max((len(step) * SMALL_LETTER for step in steps), default=0.0)
    return max(len(label) * LETTER * 1.05, widest) + 28, 32 + len(steps) * STEP_LINE + (4 if steps else 0)


def _node(node: str, place: Point, size: tuple[float, float], agents: Mapping[str, Any]) -> list[str]:
    kind, _, label = node.removesuffix(ASKED).partition(":")
    (x, y), (width, height) = place, size
    left, top = x - width / 2, y - height / 2
    if node not in agents:
        return [
            _shape(kind, left, top, width, height),
            f'<text x="{x + 4 * (kind == "store"):.1f}" y="{y + 4.5:.1f}" text-anchor="middle">{escape(label)}</text>',
        ]
    parts = [
        f'<rect class="agent" x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}" rx="8"/>',
        f'<text class="name" x="{left + 14:.1f}" y="{top + 21:.1f}">{escape(label)}</text>',
    ]
    for number, step in enumerate(_steps(agents[node])):
        line = top + 39 + number * STEP_LINE
        parts.append(f'<text class="soft" x="{left + 14:.1f}" y="{line:.1f}">{escape(step)}</text>')
    return parts


def _shape(kind: str, left: float, top: float, width: float, height: float) -> str:
    """A topic is a pill; a store has the two rims of a drum."""
    if kind == "topic":
        return (
            f'<rect class="topic" x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}"'
            f' rx="{height / 2:.1f}"/>'
        )
    rim, right, bottom = 8.0, left + width, top + height
    return (
        f'<path class="store" d="M{left + rim:.1f} {top:.1f}H{right - rim:.1f}'
        f"A{rim} {height / 2:.1f} 0 0 1 {right - rim:.1f} {bottom:.1f}H{left + rim:.1f}"
        f"A{rim} {height / 2:.1f} 0 0 1 {left + rim:.1f} {top:.1f}"
        f'A{rim} {height / 2:.1f} 0 0 1 {left + rim:.1f} {bottom:.1f}"/>'
    )


def _line(points: Sequence[Point], aside: bool) -> str:
    (x, y), *rest = points
    path = [f"M{x:.1f} {y:.1f}"]
    for to_x, to_y in rest:
        bend = (to_x - x) / 2
        curve = f"C{x + bend:.1f} {y:.1f} {to_x - bend:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}"
        path.append(f"H{to_x:.1f}" if y == to_y else curve)
        x, y = to_x, to_y
    return f'<path class="edge{" aside" if aside else ""}" d="{"".join(path)}" marker-end="url(#tip)"/>'


def _legend(width: float) -> list[str]:
    parts = [f'<text class="head" x="{MARGIN:.0f}" y="38">Topology</text>']
    x = width - MARGIN - 300
    for kind, label in (("agent", "agent"), ("topic", "topic"), ("store", "store")):
        shape = (
            f'<rect class="agent" x="{x:.0f}" y="26" width="22" height="14" rx="4"/>'
            if kind == "agent"
            else _shape(kind, x, 26, 22, 14)
        )
        parts += [shape, f'<text class="soft" x="{x + 28:.0f}" y="37">{label}</text>']
        x += 76
    parts.append(f'<path class="edge aside" d="M{x:.0f} 33h22"/>')
    parts.append(f'<text class="soft" x="{x + 28:.0f}" y="37">aside</text>')
    return parts
