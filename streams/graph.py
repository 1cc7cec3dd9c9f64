"""The topology as a graph, from the declared plans alone: nodes are topics, agents and stores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from streams.plan import AgentSpec


def describe(specs: Sequence[AgentSpec]) -> dict[str, Any]:
    """``{"agents": [{name, topics, steps, tables, log, retry}], "edges": [[from, to], …]}``, in order of names."""
    agents, edges = [], set()
    for spec in sorted(specs, key=lambda spec: spec.name):
        agents.append(
            {
                "name": spec.name,
                "topics": list(spec.topics),
                "steps": [
                    {"kind": kind, "name": name} for kind, name in (spec.planned.plan.steps if spec.planned else ())
                ],
                "tables": [table.name for table in spec.tables],
                "log": spec.log,
                "retry": spec.retry_in,
            }
        )
        agent = f"agent:{spec.name}"
        edges |= {(f"topic:{topic}", agent) for topic in spec.topics}
        if spec.retry_topic is not None:
            back = f"topic:{spec.retry_in}"
            edges |= {(agent, f"topic:{spec.retry_topic}"), (f"topic:{spec.retry_topic}", back), (back, agent)}
        if spec.planned is not None:
            plan = spec.planned.plan
            edges |= {(agent, f"topic:{emit.name}") for emit in plan.emit}
            edges |= {(agent, f"store:{write.sink.name}") for write in plan.write}
            edges |= {(f"store:{lookup.source.name}", agent) for lookup in plan.lookup}
            if plan.dead_letter is not None:
                edges.add((agent, f"topic:{plan.dead_letter.topics[0]}"))
    return {"agents": agents, "edges": [list(edge) for edge in sorted(edges)]}


def as_text(graph: dict[str, Any]) -> str:
    lines = []
    for agent in graph["agents"]:
        lines.append(f"{agent['name']}  <- {', '.join(agent['topics'])}")
        steps = [f"{step['kind']} {step['name']}".strip() for step in agent["steps"]]
        lines.append("    " + (" > ".join(steps) or "(a plain Faust agent)"))
        if agent["retry"]:
            lines.append(f"    what fails for now comes back through {agent['retry']}")
    return "\n".join(lines)


def as_mermaid(graph: dict[str, Any]) -> str:
    shapes = {"topic": "{0}([{1}])", "agent": "{0}[{1}]", "store": "{0}[({1})]"}
    nodes = sorted({node for edge in graph["edges"] for node in edge})
    names = {node: node.replace(":", "_").replace("-", "_") for node in nodes}
    lines = ["flowchart LR"]
    for node in nodes:
        kind, _, label = node.partition(":")
        lines.append("  " + shapes[kind].format(names[node], label))
    lines += [f"  {names[start]} --> {names[end]}" for start, end in graph["edges"]]
    return "\n".join(lines)
