"""What a script for :meth:`TopologyTestDriver.play` may hold besides events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


class Advance:
    """Move the clock: ``Advance(minutes=11)``, with the arguments of timedelta."""

    def __init__(self, **duration: float) -> None:
        self.duration = timedelta(**duration)

    def __repr__(self) -> str:
        return f"Advance({self.duration})"


@dataclass(frozen=True)
class Crash:
    """End ownership without draining, of everything or of one agent or partition; it is taken again from the log."""

    agent: str | None = None
    partition: int | None = None


@dataclass(frozen=True)
class Restart:
    """Drain and release everything, then take it again."""


@dataclass(frozen=True)
class Move:
    """Drain and release one partition, then take it again."""

    agent: str
    partition: int


@dataclass(frozen=True)
class Settle:
    """Wait until everything is processed. Without it, what follows strikes what is still on its way."""
