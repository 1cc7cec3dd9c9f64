"""The report, as JSON for programs and as Markdown for people."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from tests.chaos.verifier.checks import CHECKS, Finding
from tests.chaos.verifier.evidence import Evidence
from tests.chaos.verifier.expected import Expected, expect
from tests.chaos.verifier.recovery import by_kind, recoveries

EXAMPLES = 5


def judge(evidence: Evidence) -> dict[str, Any]:
    """Everything as one JSON object; ``violations`` is their number."""
    expected = expect(evidence.inputs, evidence.follows_settled_at)
    findings = [check(evidence, expected) for check in CHECKS]
    return {
        "violations": sum(len(one.violations) for one in findings),
        "guarantees": guarantees(findings),
        "claims": [
            {
                "guarantee": one.guarantee,
                "claim": one.claim,
                "checked": one.checked,
                "violated": len(one.violations),
                "examples": one.violations[:EXAMPLES],
            }
            for one in findings
        ],
        "counts": counts(evidence, expected),
        "faults": faults(evidence),
        "recovery": by_kind(recoveries(evidence, expected)),
    }


def guarantees(findings: Sequence[Finding]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for one in findings:
        sums = found.setdefault(one.guarantee, {"checked": 0, "violated": 0})
        sums["checked"] += one.checked
        sums["violated"] += len(one.violations)
    return found


def counts(evidence: Evidence, expected: Expected) -> dict[str, int]:
    """What went in and came out; the last of them bound what came twice."""
    lines = [line for journal in evidence.sockets.values() for line in journal]
    connected = [line for line in lines if line["event"] == "connected"]
    pushed = Counter((line["user"], line["id"]) for line in lines if line["event"] == "frame" and "id" in line)
    letters = Counter(letter.id for letter in evidence.letters)
    return {
        "records": len(evidence.inputs),
        "accepted": len(expected.accepted),
        "bad": len(expected.bad),
        "own actions": len(expected.own),
        "notifications": len(evidence.history),
        "frames": sum(line["event"] == "frame" for line in lines),
        "connections": len(connected),
        "recovered": sum(line["recovered"] for line in connected),
        "lists loaded": sum(line["event"] == "loaded" for line in lines),
        "restarts by themselves": sum(line.get("phase") == "ended" for line in evidence.faults),
        "duplicates in the input": expected.duplicates,
        "pushed again under a new epoch": sum(number - 1 for number in pushed.values()),
        "dead letters written again": sum(number - 1 for number in letters.values()),
    }


def faults(evidence: Evidence) -> dict[str, dict[str, int]]:
    """How many of each kind were carried out, by kind and target."""
    found: dict[str, Counter[str]] = {}
    for line in evidence.faults:
        if line.get("phase") == "lifted":
            found.setdefault(line["kind"], Counter())[line["target"]] += 1
    return {kind: dict(sorted(targets.items())) for kind, targets in sorted(found.items())}


def as_markdown(report: dict[str, Any]) -> str:
    lines = ["| guarantee | claim | checked | violated |", "| --- | --- | ---: | ---: |"]
    for one in report["claims"]:
        lines.append(f"| {one['guarantee']} | {one['claim']} | {one['checked']} | {one['violated']} |")
    lines += ["", "| what | count |", "| --- | ---: |"]
    lines += [f"| {name} | {number} |" for name, number in report["counts"].items()]
    lines += [
        "",
        "| fault | times | stood still | median s | longest s | after lift s | alone | longest alone s |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    lines += [f"| {kind} | {' | '.join(map(str, row.values()))} |" for kind, row in report["recovery"].items()]
    for one in report["claims"]:
        if one["violated"]:
            lines += ["", f"**{one['guarantee']}: {one['claim']}** is violated {one['violated']} times:", ""]
            lines += [f"- {example}" for example in one["examples"]]
    return "\n".join(lines) + "\n"
