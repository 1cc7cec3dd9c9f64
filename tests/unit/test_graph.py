"""The picture of the topology: everything is on it, nothing on anything else, and names are no markup."""

from __future__ import annotations

import itertools
import random
import xml.etree.ElementTree as ElementTree

import pytest

from streams.graph import describe
from streams.layout import Layout, layered
from streams.svg import as_svg
from topologies import app

SVG = "{http://www.w3.org/2000/svg}"
SIZES = {"small": (40.0, 20.0), "wide": (160.0, 20.0), "tall": (60.0, 120.0)}


def texts(svg: str) -> list[str]:
    return [node.text or "" for node in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_every_agent_its_steps_topics_and_stores_can_be_read() -> None:
    graph = describe(app.specs())
    shown = texts(as_svg(graph))
    back = {agent["retry"] for agent in graph["agents"]}
    for agent in graph["agents"]:
        assert agent["name"] in shown
        assert {f"{step['kind']} {step['name']}" for step in agent["steps"] if step["name"]} <= set(shown)
    nodes = {node.partition(":")[2] for edge in graph["edges"] for node in edge}
    assert nodes - back - {"retry"} <= set(shown)
    assert shown.count("profiles") == 2
    assert as_svg(graph) == as_svg(graph)


def test_a_name_is_text_and_no_markup() -> None:
    name = '<script>alert("x")</script>&'
    agent = {"name": name, "topics": [name], "steps": [], "tables": [], "log": "", "retry": None}
    svg = as_svg({"agents": [agent], "edges": [[f"topic:{name}", f"agent:{name}"]]})
    assert texts(svg).count(name) == 2
    assert "<script" not in svg


def test_a_topology_without_agents_is_a_picture() -> None:
    assert "Topology" in texts(as_svg({"agents": [], "edges": []}))


def overlaps(layout: Layout, sizes: dict[str, tuple[float, float]]) -> list[tuple[str, str]]:
    found = []
    for first, second in itertools.combinations(sizes, 2):
        (x, y), (u, v) = layout.places[first], layout.places[second]
        if (
            abs(x - u) < (sizes[first][0] + sizes[second][0]) / 2
            and abs(y - v) < (sizes[first][1] + sizes[second][1]) / 2
        ):
            found.append((first, second))
    return found


@pytest.mark.parametrize("seed", range(25))
def test_whatever_the_graph_nothing_overlaps_and_edges_meet_their_nodes(seed: int) -> None:
    """Cycles, edges back, parts that hang together with nothing."""
    rng = random.Random(seed)
    sizes = {f"n{number}": rng.choice(list(SIZES.values())) for number in range(rng.randint(1, 18))}
    edges = [(rng.choice([*sizes]), rng.choice([*sizes])) for _ in range(rng.randint(0, 30))]
    layout = layered(sizes, edges, column_gap=40, row_gap=10)
    assert overlaps(layout, sizes) == []
    assert layout.lines.keys() == {edge for edge in edges if edge[0] != edge[1]}
    for (start, end), points in layout.lines.items():
        for node, (x, y) in ((start, points[0]), (end, points[-1])):
            assert abs(x - layout.places[node][0]) == pytest.approx(sizes[node][0] / 2)
            assert y == pytest.approx(layout.places[node][1])
    for node, (x, y) in layout.places.items():
        assert sizes[node][0] / 2 <= x + 1e-6 <= layout.width - sizes[node][0] / 2 + 1e-3
        assert sizes[node][1] / 2 <= y + 1e-6 <= layout.height - sizes[node][1] / 2 + 1e-3


def test_data_flows_from_left_to_right() -> None:
    sizes = dict.fromkeys("abcd", (40.0, 20.0))
    places = layered(sizes, [("a", "b"), ("b", "c"), ("d", "c")], column_gap=40, row_gap=10).places
    assert places["a"][0] < places["b"][0] < places["c"][0]
    assert places["d"][0] == places["b"][0], "what only leads somewhere stands right before it"
