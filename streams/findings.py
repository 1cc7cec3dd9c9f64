"""What ``pavilion topology check`` finds: one finding is one line, with what to do about it."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Severity = Literal["error", "warning"]


class Finding(Struct, frozen=True, order=True):
    """``check`` names the kind of finding, ``where`` the agent, topic, table or type."""

    severity: Severity
    check: str
    where: str
    what: str
    advice: str

    def __str__(self) -> str:
        return f"{self.severity:<8} {self.check:<18} {self.where}: {self.what}; {self.advice}"


def error(check: str, where: str, what: str, advice: str) -> Finding:
    return Finding("error", check, where, what, advice)


def warning(check: str, where: str, what: str, advice: str) -> Finding:
    return Finding("warning", check, where, what, advice)
