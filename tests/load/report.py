"""What was seen, as JSON and as Markdown."""

import dataclasses
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.load.verify import Log

CURVE_ROWS = 30
DEPLOY = 1012


@dataclass
class Outcome:
    """Rates are a second, durations seconds, memory bytes, times seconds since 1970."""

    clients: int
    drain: float
    events_per_second: float
    events: int = 0
    connects_per_second: float = 0.0
    memory_per_connection: float = 0.0
    killed_at: float = 0.0
    killed_clients: int = 0
    killed_half: float = 0.0
    killed_all: float = 0.0
    killed_curve: list[tuple[int, int]] = field(default_factory=list)
    drained_at: float = 0.0
    drained_clients: int = 0
    drained_half: float = 0.0
    drained_all: float = 0.0
    drained_curve: list[tuple[int, int]] = field(default_factory=list)
    """From which second on, until the next row, how many clients were connected again."""
    drained_away: dict[str, float] = field(default_factory=dict)
    """How long a client was without a connection when its gateway sent it away."""
    closes: dict[str, int] = field(default_factory=dict)
    received: int = 0
    drain_status: int | None = None
    violations: list[str] = field(default_factory=list)

    def take(self, logs: Sequence[Log]) -> None:
        """What the clients' logs tell."""
        first = sorted(log.connects[0].at for log in logs if log.connects)
        self.connects_per_second = len(first) / max(0.001, first[-1] - first[0])
        self.received = sum(len(log.received) for log in logs)
        codes = [str(code) for log in logs for _, _, code in log.closes]
        self.closes = {code: codes.count(code) for code in sorted(set(codes))}
        back = _back(logs, self.killed_at, self.drained_at)
        self.killed_clients, self.killed_curve = len(back), _curve(back)
        self.killed_half, self.killed_all = _quantile(back, 0.5), _quantile(back, 1)
        back = _back(logs, self.drained_at, float("inf"))
        self.drained_clients, self.drained_curve = len(back), _curve(back)
        self.drained_half, self.drained_all = _quantile(back, 0.5), _quantile(back, 1)
        away = [each.away for log in logs for each in log.connects if each.at >= self.drained_at]
        self.drained_away = {name: _quantile(away, share) for name, share in (("p50", 0.5), ("p99", 0.99), ("max", 1))}

    def write(self, directory: Path) -> Path:
        """``report.json`` and ``report.md``; the path of the latter."""
        (directory / "report.json").write_text(json.dumps(dataclasses.asdict(self), indent=2) + "\n")
        path = directory / "report.md"
        path.write_text("\n".join([*self._lines(), ""]))
        return path

    def _lines(self) -> Iterable[str]:
        yield f"# {self.clients} clients on two gateways"
        yield ""
        verdict = "no gap, no double" if not self.violations else f"**{len(self.violations)} violations**"
        yield f"{self.received} notifications of {self.events} events, every log compared with its inbox: {verdict}."
        yield ""
        yield "| | |"
        yield "| --- | --- |"
        yield f"| connected | {self.connects_per_second:.0f} a second |"
        yield f"| memory of the gateways | {self.memory_per_connection / 1024:.1f} KiB a connection |"
        yield f"| load meanwhile | {self.events_per_second:g} events a second |"
        spent = _spent(self.killed_half, self.killed_all)
        yield f"| one gateway killed | {self.killed_clients} clients back, {spent} |"
        spent = _spent(self.drained_half, self.drained_all)
        yield f"| the other drained over {self.drain:g} s | {self.drained_clients} clients moved, {spent} |"
        away = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in self.drained_away.items())
        yield f"| a client without a connection while moving | {away} |"
        yield f"| closes by code | {', '.join(f'{code}: {count}' for code, count in self.closes.items())} |"
        for name, curve in (("killed", self.killed_curve), ("drained", self.drained_curve)):
            yield ""
            yield f"Seconds after one was {name}, and clients that were connected again from then on:"
            yield ""
            yield "```"
            most = max((count for _, count in curve), default=1) or 1
            for second, count in curve:
                yield f"{second:3d} s {count:6d} {'#' * round(50 * count / most)}".rstrip()
            yield "```"
        if self.violations:
            yield ""
            yield from (f"- {line}" for line in self.violations)


def _back(logs: Sequence[Log], since: float, until: float) -> list[float]:
    """Seconds after ``since`` at which each client that lost its connection then was connected again."""
    found = []
    for log in logs:
        again = [each.at for each in log.connects[1:] if since <= each.at < until]
        found += [again[0] - since] if again else []
    return sorted(found)


def _curve(seconds: Sequence[float]) -> list[tuple[int, int]]:
    """Rows of whole seconds, so that there are at most 30."""
    if not seconds:
        return []
    width = int(max(seconds)) // CURVE_ROWS + 1
    counts = [0] * (int(max(seconds)) // width + 1)
    for each in seconds:
        counts[int(each) // width] += 1
    return [(row * width, count) for row, count in enumerate(counts)]


def _quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def _spent(half: float, whole: float) -> str:
    return f"half after {half:.1f} s, all after {whole:.1f} s"
