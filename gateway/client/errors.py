"""What the client raises."""

from __future__ import annotations

from schemas.errors import Problem


class ClientError(Exception):
    """Everything that the client raises by itself is one of these."""


class Refused(ClientError):
    """The gateway answered with a problem, which trying again does not change."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem

    def __str__(self) -> str:
        detail = f": {self.problem.detail}" if self.problem.detail else ""
        return f"{self.problem.status} {self.problem.title}{detail}"


class Unreachable(ClientError):
    """The gateway, or what it depends on, was away for as long as the call tries; ``problem`` if it said so itself.

    What the call was to do may be done or not. All calls may be repeated, a mark with the same id.
    """

    def __init__(self, what: str, problem: Problem | None = None) -> None:
        super().__init__(what)
        self.problem = problem


class SessionEnded(ClientError):
    """The session was signed out, revoked or has run out: a service has to open a new one."""


class ProtocolError(ClientError):
    """The gateway refused what this client sends, or answered what it cannot read: a bug, of one or the other."""
