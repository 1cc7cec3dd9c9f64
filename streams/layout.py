"""A layered layout for small directed graphs: columns from left to right, few crossings, edges as points on their way.

The usual four steps (Sugiyama): turn edges that close a cycle round, give each node the column of its longest way from
a source, order the columns by the middle of their neighbours, then move nodes towards these as far as the order lets
them. Everything is the same each time for the same graph.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Node = str
Edge = tuple[Node, Node]
Point = tuple[float, float]

SWEEPS = 24


@dataclass(frozen=True)
class Layout:
    """``places`` has the middle of each node; ``lines`` the points of each edge from its start to its end."""

    places: Mapping[Node, Point]
    lines: Mapping[Edge, Sequence[Point]]
    width: float
    height: float


def layered(
    sizes: Mapping[Node, tuple[float, float]], edges: Sequence[Edge], *, column_gap: float, row_gap: float
) -> Layout:
    """Lay out nodes of ``sizes`` (width, height); edges to themselves are left out."""
    wanted = [edge for edge in dict.fromkeys(edges) if edge[0] != edge[1]]
    turned = _closing(sizes, wanted)
    forward = {edge: (edge[1], edge[0]) if edge in turned else edge for edge in wanted}
    columns = _columns(sizes, list(forward.values()))
    boxes = dict(sizes)
    chains = {edge: _chain(straight, columns, boxes) for edge, straight in forward.items()}
    links = [link for chain in chains.values() for link in itertools.pairwise(chain)]
    rows = _ordered(boxes, columns, links)
    middles = _heights(rows, boxes, links, row_gap)
    lefts, x = [], 0.0
    for row in rows:
        lefts.append((x, max((boxes[node][0] for node in row), default=0.0)))
        x += lefts[-1][1] + column_gap
    places = {node: (lefts[columns[node]][0] + lefts[columns[node]][1] / 2, middles[node]) for node in boxes}
    lines = {}
    for edge, chain in chains.items():
        points = _points(chain, places, boxes, lefts, columns)
        lines[edge] = points[::-1] if edge in turned else points
    height = max((middles[node] + boxes[node][1] / 2 for node in boxes), default=0.0)
    return Layout({node: places[node] for node in sizes}, lines, max(0.0, x - column_gap), height)


def _closing(nodes: Mapping[Node, object], edges: Sequence[Edge]) -> set[Edge]:
    """The edges that close a cycle, found in depth from the sources on."""
    targets: defaultdict[Node, list[Node]] = defaultdict(list)
    for start, end in edges:
        targets[start].append(end)
    entered = {end for _, end in edges}
    closing: set[Edge] = set()
    done: set[Node] = set()
    for root in sorted(nodes, key=lambda node: (node in entered, node)):
        open_nodes, stack = {root}, [(root, iter(targets[root]))]
        while stack and root not in done:
            node, following = stack[-1]
            for end in following:
                if end in open_nodes:
                    closing.add((node, end))
                elif end not in done:
                    open_nodes.add(end)
                    stack.append((end, iter(targets[end])))
                    break
            else:
                stack.pop()
                open_nodes.discard(node)
                done.add(node)
    return closing


def _columns(nodes: Mapping[Node, object], edges: Sequence[Edge]) -> dict[Node, int]:
    columns = dict.fromkeys(nodes, 0)
    for _ in nodes:  # as long as the longest way at most
        for start, end in edges:
            columns[end] = max(columns[end], columns[start] + 1)
    entered = {end for _, end in edges}
    for node in nodes:  # what only leads somewhere stands right before it
        following = [columns[end] for start, end in edges if start == node]
        if following and node not in entered:
            columns[node] = min(following) - 1
    return columns


def _chain(edge: Edge, columns: dict[Node, int], boxes: dict[Node, tuple[float, float]]) -> list[Node]:
    """The edge in steps of one column, through points that take part in the layout."""
    start, end = edge
    between = []
    for column in range(columns[start] + 1, columns[end]):
        name = f"{start}\0{end}\0{column}"
        columns[name], boxes[name] = column, (0.0, 0.0)
        between.append(name)
    return [start, *between, end]


def _ordered(boxes: Mapping[Node, object], columns: Mapping[Node, int], links: Sequence[Edge]) -> list[list[Node]]:
    rows: list[list[Node]] = [[] for _ in range(max(columns.values(), default=-1) + 1)]
    for node in boxes:
        rows[columns[node]].append(node)
    before, after = _neighbours(links)
    best, fewest = [list(row) for row in rows], _crossings(rows, before)
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        for index in range(1, len(rows)) if down else range(len(rows) - 2, -1, -1):
            fixed = {node: place for place, node in enumerate(rows[index - 1 if down else index + 1])}
            own = {node: place for place, node in enumerate(rows[index])}
            around = before if down else after

            def middle(node: Node, fixed: dict[Node, int] = fixed, own: dict[Node, int] = own) -> float:
                found = [fixed[one] for one in around[node] if one in fixed]  # noqa: B023
                return sum(found) / len(found) if found else own[node]

            rows[index].sort(key=middle)
        if (crossings := _crossings(rows, before)) < fewest:
            best, fewest = [list(row) for row in rows], crossings
    return best


def _neighbours(links: Sequence[Edge]) -> tuple[dict[Node, list[Node]], dict[Node, list[Node]]]:
    before: defaultdict[Node, list[Node]] = defaultdict(list)
    after: defaultdict[Node, list[Node]] = defaultdict(list)
    for start, end in links:
        before[end].append(start)
        after[start].append(end)
    return before, after


def _crossings(rows: Sequence[Sequence[Node]], before: Mapping[Node, Sequence[Node]]) -> int:
    count = 0
    for left, right in itertools.pairwise(rows):
        place = {node: index for index, node in enumerate(left)}
        ends = [place[one] for node in right for one in sorted(before.get(node, ()), key=lambda one: place.get(one, 0))]
        count += sum(first > second for index, first in enumerate(ends) for second in ends[index + 1 :])
    return count


def _heights(
    rows: Sequence[Sequence[Node]], boxes: Mapping[Node, tuple[float, float]], links: Sequence[Edge], gap: float
) -> dict[Node, float]:
    """The middle of each node from the top: near its neighbours, in the order of its column, nothing above 0."""
    before, after = _neighbours(links)
    middles: dict[Node, float] = {}
    for row in rows:
        y = 0.0
        for node in row:
            middles[node] = y + boxes[node][1] / 2
            y += boxes[node][1] + gap
    for sweep in range(SWEEPS):
        for row in rows if sweep % 2 else reversed(rows):
            wanted = {}
            for node in row:
                around = [middles[one] for one in (*before[node], *after[node])]
                wanted[node] = sum(around) / len(around) if around else middles[node]
            _place(row, wanted, boxes, gap, middles)
    top = min((middles[node] - boxes[node][1] / 2 for node in middles), default=0.0)
    return {node: middle - top for node, middle in middles.items()}


def _place(
    row: Sequence[Node],
    wanted: Mapping[Node, float],
    boxes: Mapping[Node, tuple[float, float]],
    gap: float,
    middles: dict[Node, float],
) -> None:
    """As near as the order allows to what is wanted: blocks that would overlap share the mean of their wishes."""
    blocks: list[tuple[list[Node], float, float]] = []  # nodes, where its first one wants to begin, height
    for node in row:
        block = ([node], wanted[node] - boxes[node][1] / 2, boxes[node][1])
        while blocks and blocks[-1][1] + blocks[-1][2] + gap > block[1]:
            nodes, begin, height = blocks.pop()
            weight, other = len(nodes), len(block[0])
            shared = (begin * weight + (block[1] - height - gap) * other) / (weight + other)
            block = (nodes + block[0], shared, height + gap + block[2])
        blocks.append(block)
    for nodes, begin, _ in blocks:
        y = begin
        for node in nodes:
            middles[node] = y + boxes[node][1] / 2
            y += boxes[node][1] + gap


def _points(
    chain: Sequence[Node],
    places: Mapping[Node, Point],
    boxes: Mapping[Node, tuple[float, float]],
    lefts: Sequence[tuple[float, float]],
    columns: Mapping[Node, int],
) -> list[Point]:
    start, end = chain[0], chain[-1]
    points = [(places[start][0] + boxes[start][0] / 2, places[start][1])]
    for node in chain[1:-1]:  # straight through a column that it passes, so that it touches nothing there
        left, width = lefts[columns[node]]
        points += [(left, places[node][1]), (left + width, places[node][1])]
    return [*points, (places[end][0] - boxes[end][0] / 2, places[end][1])]
