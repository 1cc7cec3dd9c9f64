"""The catalogue of types, and what preferences say of each."""

from __future__ import annotations

import msgspec
import pytest

from schemas.consent import ESSENTIAL, GROUPS, OPTIONAL, TYPES, TypeClass, class_of, declared
from schemas.preferences import Preferences, QuietHours
from schemas.registry import event_types


def test_every_event_of_the_platform_has_its_type() -> None:
    """A rule takes the type of a notification from its event: `pavilion.video.liked.v1` makes `video.liked`."""
    assert {kind.type_name()[len("pavilion.") : -len(".v1")] for kind in event_types()} == set(TYPES)


def test_a_type_its_group_or_neither_is_declared() -> None:
    assert declared("video.liked") == class_of("video.liked") == OPTIONAL
    assert declared("security.new-sign-in") == GROUPS["security"] == ESSENTIAL
    assert declared("live.started") is None
    assert class_of("live.started") == OPTIONAL
    assert declared("security") == ESSENTIAL
    assert declared("") is None


def test_what_holds_when_a_user_said_nothing_or_something(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TYPES, "digest.weekly", TypeClass(default=False))
    nothing = Preferences()
    said = Preferences(types={"video.liked": False, "digest.weekly": True, "security.new-sign-in": False})
    assert [nothing.allows(type) for type in ("video.liked", "digest.weekly", "security.new-sign-in")] == [1, 0, 1]
    assert [said.allows(type) for type in ("video.liked", "digest.weekly", "security.new-sign-in")] == [0, 1, 1]


@pytest.mark.parametrize("text", ["24:00", "7:00", "07:60", "07:00\n", "07:00:00", "", "٠٧:٠٠"])
def test_a_time_that_no_clock_shows_is_refused(text: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"start": text, "end": "23:59", "time_zone": "UTC"}, QuietHours)
