"""Names and types that `pavilion new agent` refuses before it writes anything, with the reason."""

from __future__ import annotations

import pytest

from pavilion import new_agent
from pavilion.agent_files import AgentFiles
from pavilion.example import example
from schemas.errors import InvalidEventType, NotificationError
from schemas.events import EVENT_TYPES, decode_event


@pytest.mark.parametrize(
    ("name", "event", "reason"),
    [
        ("class", None, "has a meaning in a topology already"),
        ("plan", None, "has a meaning in a topology already"),
        ("list", None, "has a meaning in a topology already"),
        ("Report", None, "is no name"),
        ("video-report", None, "is no name"),
        ("../etc", None, "is no name"),
        ("r" * 41, None, "is no name"),
        ("base", None, "topologies/base.py is there already"),
        ("video", "pavilion.report.created.v1", "topologies/video.py is there already"),
        ("fine", "report.created", "is no type like"),
        ("fine", "pavilion.Report.created.v1", "is no type like"),
        ("fine", "pavilion.video.liked.v1", "there is an event pavilion.video.liked.v1 already"),
        ("fine", "pavilion.video.saved.v1", "topic video-events feeds agent video"),
        ("fine", "pavilion.dead.letter.v1", "would be called DeadLetter"),
    ],
)
def test_what_cannot_be_an_agent_is_refused(
    name: str, event: str | None, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AgentFiles, "texts", lambda self: pytest.fail("it would have written"))
    with pytest.raises(NotificationError, match=reason) as caught:
        new_agent.new_agent(name, event, print)
    assert "\n" not in str(caught.value)


def test_an_installed_package_is_no_place_for_new_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(new_agent, "source_root", lambda: None)
    with pytest.raises(NotificationError, match="installed package"):
        new_agent.new_agent("fine", None, print)


@pytest.mark.parametrize("kind", [kind.type_name() for kind in EVENT_TYPES])
def test_an_example_of_every_type_is_an_event(kind: str) -> None:
    first, second = decode_event(example(kind)), decode_event(example(kind))
    assert first.type == kind
    assert first.identity != second.identity


def test_an_example_of_no_type_is_refused() -> None:
    with pytest.raises(InvalidEventType, match=r"is none of pavilion\.video\.uploaded\.v1, "):
        example("pavilion.report.created.v1")
