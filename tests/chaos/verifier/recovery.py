"""How long flows stood still after each fault: from the fault until events published after it were seen by clients."""

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass
from statistics import median
from typing import Any

from tests.chaos.verifier.checks import facts_seen
from tests.chaos.verifier.evidence import Evidence
from tests.chaos.verifier.expected import Expected

PROMPT_SECONDS = 1.5
"""What is seen so soon after its publish did not wait for a fault."""


@dataclass(frozen=True)
class Recovery:
    """``seconds`` count from the fault, ``after_lift`` from when it was lifted; both 0 if no flow stood still.

    ``alone``: no other fault was at work meanwhile, so the seconds are this one's.
    """

    number: int
    kind: str
    target: str
    flows: int
    seconds: float
    after_lift: float
    alone: bool


def recoveries(evidence: Evidence, expected: Expected) -> list[Recovery]:
    """A flow is a partition of an input topic, or what is told to one user; a fault counts as long as its slowest."""
    flows = _flows(evidence, expected)
    lines = {(line["number"], line["phase"]): line for line in evidence.faults if "number" in line}
    spans = {
        number: (line["at"], lines[number, "lifted"]["at"])
        for (number, phase), line in lines.items()
        if phase == "begin" and (number, "lifted") in lines
    }
    found = []
    for number, (began, lifted) in sorted(spans.items()):
        stops = [stop for stop in (_stood_still(flow, began) for flow in flows) if stop > 0]
        seconds = max(stops, default=0.0)
        until = max(lifted, began + seconds)
        others = [span for other, span in spans.items() if other != number]
        alone = not any(start < until and end > began - PROMPT_SECONDS for start, end in others)
        after = max(0.0, began + seconds - lifted) if stops else 0.0
        line = lines[number, "begin"]
        found.append(Recovery(number, line["kind"], line["target"], len(stops), seconds, after, alone))
    return found


def by_kind(recoveries: list[Recovery]) -> dict[str, dict[str, Any]]:
    kinds: defaultdict[str, list[Recovery]] = defaultdict(list)
    for one in recoveries:
        kinds[one.kind].append(one)
    return {
        kind: {
            "faults": len(ones),
            "stood_still": sum(one.flows > 0 for one in ones),
            "median_seconds": round(median(one.seconds for one in ones), 2),
            "longest_seconds": round(max(one.seconds for one in ones), 2),
            "longest_after_lift": round(max(one.after_lift for one in ones), 2),
            "alone": sum(one.alone for one in ones),
            "longest_alone": round(max((one.seconds for one in ones if one.alone), default=0.0), 2),
        }
        for kind, ones in sorted(kinds.items())
    }


def _flows(evidence: Evidence, expected: Expected) -> list[list[tuple[float, float]]]:
    """``(published, first seen)`` of each event, by publish time, for every flow."""
    seen = {user: facts_seen(evidence, user) for user in evidence.sockets}
    flows: defaultdict[Any, dict[Any, tuple[float, float]]] = defaultdict(dict)
    for record, facts in expected.told_by.items():
        for user, fact in facts:
            at = seen.get(user, {}).get(fact)
            if at is not None and expected.must[user, fact] == record:  # its first publish
                for flow in ((record.topic, record.partition), user):
                    flows[flow][user, fact] = (record.published, at)
    return [sorted(flow.values()) for flow in flows.values()]


def _stood_still(flow: list[tuple[float, float]], began: float) -> float:
    """Seconds from ``began`` until the first of the events that waited was seen; 0 if none did."""
    first = None
    for published, seen in flow[bisect_left(flow, (began, 0.0)) :]:
        if seen - published <= PROMPT_SECONDS:
            break
        first = seen if first is None else min(first, seen)
    return 0.0 if first is None else first - began
