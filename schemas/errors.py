"""The error family: what failed (``op``), why (``cause``), and with what (``context``).

At HTTP each is an RFC 9457 problem, see :class:`Problem`. ``transient`` tells whether the same call may pass later.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import msgspec

Dependency = Literal["redis", "scylla", "pulsar", "sqlite", "keyring"]


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """An RFC 9457 problem document (``application/problem+json``); ``errors`` lists what of a batch failed."""

    type: str
    title: str
    status: int
    detail: str = ""
    errors: list[dict[str, Any]] = []


class NotificationError(Exception):
    """Something went wrong in ``op``; ``cause`` is the exception or sentence behind it."""

    slug: ClassVar[str] = "notification-error"
    title: ClassVar[str] = "The operation failed"
    status: ClassVar[int] = 500
    transient: ClassVar[bool] = False

    def __init__(self, op: str, cause: BaseException | str, context: dict[str, Any] | None = None) -> None:
        super().__init__(op, cause, context)
        self.op = op
        self.cause = cause
        self.context = context or {}

    def __str__(self) -> str:
        where = "".join(f", {name}={value!r}" for name, value in self.context.items())
        return f"{self.op}: {self.cause}{where}"

    def problem(self) -> Problem:
        """The problem document that a client may see."""
        return Problem(type=f"urn:pavilion:{self.slug}", title=self.title, status=self.status, detail=str(self.cause))


class NotificationNotFound(NotificationError):
    """No such notification in this user's inbox or history."""

    slug, title, status = "notification-not-found", "No such notification", 404


class InvalidNotification(NotificationError):
    """A notification, or a request about one, breaks a rule of its schema."""

    slug, title, status = "invalid-notification", "The request is not valid", 422


class InvalidEventType(NotificationError):
    """An event whose bytes, type or fields are not those of a known event type."""

    slug, title, status = "invalid-event", "The event is not valid", 422


class ServiceDisabled(NotificationError):
    """``PAVILION_ENABLED`` is false: events wait, nothing new is accepted."""

    slug, title, status, transient = "service-disabled", "The service is disabled", 503, True


class ConnectionFailed(NotificationError):
    """A dependency (broker, Redis, Scylla, SQLite) could not be reached, timed out or was overloaded.

    ``dependency`` names it, where that is known; ``overload`` is set if it could serve, were less asked of it.
    """

    slug, title, status, transient = "connection-failed", "A dependency cannot be reached", 503, True

    def __init__(
        self,
        op: str,
        cause: BaseException | str,
        context: dict[str, Any] | None = None,
        *,
        dependency: Dependency | None = None,
        overload: bool = False,
    ) -> None:
        super().__init__(op, cause, context)
        self.dependency = dependency
        self.overload = overload


class EncryptionKeyMissing(ConnectionFailed):
    """Data keys of the store are wrapped by a key that ``PAVILION_ENCRYPTION__KEYS`` lacks, or has otherwise.

    What is encrypted under it is there, and is readable once an operator gives the key: so it is waited for, as for a
    dependency that is away, and nothing is put aside.
    """

    slug, title = "encryption-key-missing", "An encryption key is not there"

    def __init__(self, op: str, cause: str, context: dict[str, Any] | None = None) -> None:
        super().__init__(op, cause, context, dependency="keyring")
