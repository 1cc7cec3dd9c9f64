"""The error family: what failed, why, with what; and the problem that a client sees."""

from __future__ import annotations

import msgspec
import pytest

from schemas.errors import (
    ConnectionFailed,
    InvalidEventType,
    InvalidNotification,
    NotificationError,
    NotificationNotFound,
    Problem,
    ServiceDisabled,
)

FAMILY = [
    (NotificationError, "notification-error", 500, False),
    (NotificationNotFound, "notification-not-found", 404, False),
    (InvalidNotification, "invalid-notification", 422, False),
    (InvalidEventType, "invalid-event", 422, False),
    (ServiceDisabled, "service-disabled", 503, True),
    (ConnectionFailed, "connection-failed", 503, True),
]


@pytest.mark.parametrize(("kind", "slug", "status", "transient"), FAMILY)
def test_each_error_is_a_problem_and_knows_whether_it_passes(
    kind: type[NotificationError], slug: str, status: int, transient: bool
) -> None:
    error = kind("read inbox", "no such thing", {"user": "u"})
    assert isinstance(error, NotificationError)
    assert error.transient is transient
    assert error.problem() == Problem(f"urn:pavilion:{slug}", kind.title, status, "no such thing")
    assert error.problem().title


def test_the_whole_family_is_here() -> None:
    assert {NotificationError, *NotificationError.__subclasses__()} >= {kind for kind, *_ in FAMILY}
    ours = {kind for kind in NotificationError.__subclasses__() if kind.__module__ == "schemas.errors"}
    assert ours == {kind for kind, *_ in FAMILY[1:]}


def test_an_error_says_what_failed_why_and_with_what() -> None:
    cause = OSError("refused")
    error = ConnectionFailed("publish", cause, {"topic": "video-events", "partition": 3})
    assert (error.op, error.cause) == ("publish", cause)
    assert error.context == {"topic": "video-events", "partition": 3}
    assert str(error) == "publish: refused, topic='video-events', partition=3"
    assert error.args == ("publish", cause, error.context)


def test_a_problem_does_not_tell_a_client_the_context() -> None:
    error = ConnectionFailed("connect", "no answer", {"url": "redis://inner:6379"})
    assert b"inner" not in msgspec.json.encode(error.problem())


def test_a_context_may_be_left_out() -> None:
    assert NotificationNotFound("read", "none").context == {}
    assert str(NotificationNotFound("read", "none")) == "read: none"


def test_a_problem_is_the_json_of_rfc_9457_without_what_is_empty() -> None:
    assert msgspec.json.encode(Problem("t", "Title", 400)) == b'{"type":"t","title":"Title","status":400}'
    errors = [{"index": 3, "detail": "missing"}]
    full = msgspec.json.encode(Problem("t", "Title", 422, "bad", errors))
    assert msgspec.json.decode(full) == {
        "type": "t",
        "title": "Title",
        "status": 422,
        "detail": "bad",
        "errors": errors,
    }
