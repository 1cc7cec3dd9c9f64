"""Durations and rates as settings write them: ``10s``, ``600/1m``."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any, NamedTuple

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)")


def parse_duration(value: Any) -> timedelta:
    """``10s``, ``5m``, ``1.5h``, ``7d`` or ``250ms``; raises ValueError for anything else, zero included."""
    duration = value if isinstance(value, timedelta) else _parse(str(value).strip())
    if duration <= timedelta(0):
        raise ValueError(f"{value!r} is not a duration such as 10s, 5m or 7d")
    return duration


def _parse(text: str) -> timedelta:
    match = DURATION.fullmatch(text)
    try:
        return timedelta(0) if match is None else timedelta(seconds=float(match[1]) * _UNITS[match[2]])
    except OverflowError:
        raise ValueError(f"{text!r} is longer than any duration") from None


def format_duration(duration: timedelta) -> str:
    """The text that :func:`parse_duration` reads, in the largest unit that needs no fraction."""
    milliseconds = duration / timedelta(milliseconds=1)
    for unit, seconds in reversed(_UNITS.items()):
        if milliseconds % (seconds * 1000) == 0:
            return f"{milliseconds / (seconds * 1000):.0f}{unit}"
    return f"{milliseconds:f}ms"


class Rate(NamedTuple):
    """``amount`` at once, and then as many in each ``window``: ``600/1m``."""

    amount: int
    window: timedelta

    def __str__(self) -> str:
        return f"{self.amount}/{format_duration(self.window)}"


RATE = re.compile(rf"([1-9][0-9]{{0,8}})/({DURATION.pattern})")


def parse_rate(value: Any) -> Rate:
    """``600/1m``; raises ValueError for anything else."""
    if isinstance(value, tuple):  # as a section's defaults are handed on
        return Rate(*value)
    match = RATE.fullmatch(str(value).strip())
    if match is None:
        raise ValueError(f"{value!r} is not a rate such as 600/1m")
    return Rate(int(match[1]), parse_duration(match[2]))
