"""What `pavilion topology check` finds in declarations and in schemas, and how it says so."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import schemas.registry
from pavilion.topology_check import check_schemas
from schemas.errors import NotificationError
from schemas.events import EVENT_TYPES, CloudEvent, VideoEvent
from schemas.export import DIRECTORY, export_schemas
from schemas.notifications import Notification
from schemas.records import Added
from schemas.settings import Settings
from streams import App, Dedup, Emit, Profile, Retry, Suppressed, Write, history, inbox, names, plan
from streams.check import check_declarations
from tests.commands import invoke
from topologies import app as declared


def rule(event: Any) -> Iterator[Notification | Suppressed]:
    """A rule."""
    yield from ()


def loose(event: Any):  # type: ignore[no-untyped-def]
    """A rule that does not say what it yields."""
    yield from ()


def placed(event: Any) -> Iterator[Notification]:
    """What is yielded is not what is emitted."""
    yield from ()


def agent(app: App, function: Callable[..., Any] = rule, topic: str = "video-events", **options: Any) -> None:
    options = {"emit": app.topic("notifications"), "dead_letter": app.topic("dead-letters"), **options}
    app.agent(app.topic(topic, value_type=VideoEvent))(plan(**options)(function))


def found(app: App, **sections: Any) -> list[tuple[str, str, str]]:
    """But for what follows from an app that has not all the platform's agents."""
    settings = Settings(**sections)
    every = check_declarations(app, settings)
    return [
        (one.severity, one.check, one.where)
        for one in every
        if one.where not in ("topic comment-events", "topic user-events", "topic notifications")
    ]


def test_nothing_is_wrong_with_what_is_declared() -> None:
    assert check_declarations(declared, Settings()) == []


def unused(app: App) -> None:
    app.WindowTable("lonely")
    agent(app)


WRONG: dict[str, tuple[Callable[[App], object], tuple[str, str, str]]] = {
    "retries longer than ids": (
        lambda app: agent(app, retry=Retry(attempts=100, factor=2.0)),
        ("error", "retry-span", "agent rule"),
    ),
    "a table without a bound": (
        lambda app: agent(app, dedup=Dedup(app.WindowTable("all", window=timedelta(days=30)), key=str)),
        ("error", "unbounded-table", "table all"),
    ),
    "a table without a window": (
        lambda app: agent(app, dedup=Dedup(app.WindowTable("all", window=timedelta(seconds=-1)), key=str)),
        ("error", "unbounded-table", "table all"),
    ),
    "a table of nobody": (unused, ("warning", "unused-table", "table lonely")),
    "a step that nothing reaches": (
        lambda app: agent(app, write=Write(names, of=Profile)),
        ("error", "unreachable-stage", "agent rule"),
    ),
    "an outcome that no step takes": (
        lambda app: agent(app, emit=Emit(app.topic("notifications"), of=Profile)),
        ("error", "unreachable-stage", "agent rule"),
    ),
    "a background that is not read": (
        lambda app: agent(app, background=app.topic("elsewhere")),
        ("error", "unreachable-stage", "agent rule"),
    ),
    "a function that does not say": (lambda app: agent(app, loose), ("warning", "no-annotation", "agent loose")),
    "an agent that nothing reaches": (
        lambda app: (agent(app), agent(app, placed, topic="elsewhere")),
        ("warning", "unreachable-stage", "agent placed"),
    ),
    "a topic that nobody reads": (
        lambda app: agent(app, emit=app.topic("elsewhere")),
        ("warning", "dead-end", "topic elsewhere"),
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_found(name: str) -> None:
    declare, expected = WRONG[name]
    app = App("wrong")
    declare(app)
    assert expected in found(app)
    assert {severity for severity, *_ in found(app)} <= {expected[0]}


def test_what_a_write_step_gives_reaches_the_steps_after_it() -> None:
    app = App("delivers")
    writes = (Write(history, of=Notification), Write(inbox, of=Notification))
    agent(app, placed, write=writes, emit=Emit(app.topic("fan-out"), of=Added))
    assert found(app) == []


class VideoSaved(CloudEvent, frozen=True, kw_only=True, tag="pavilion.video.saved.v1"):
    """Somebody saved a video."""


def test_a_type_that_its_agent_does_not_read_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schemas.registry, "added_types", lambda: (VideoSaved,))
    app = App("reads")
    agent(app)
    assert found(app) == [("error", "unread-type", "pavilion.video.saved.v1")]
    empty = [one for one in check_declarations(App("none"), Settings()) if one.where == "topic video-events"]
    assert [(one.severity, one.check) for one in empty] == [("error", "unread-type")]


# -- schemas


def baseline(directory: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """The schemas as they are, but for what ``change`` does to those of a like."""
    export_schemas(directory)
    path = directory / "VideoLiked.schema.json"
    document = json.loads(path.read_text())
    change(document["$defs"])
    path.write_text(json.dumps(document))
    return directory


def more(defs: dict[str, Any]) -> None:
    defs["VideoReactionData"]["properties"]["mood"] = {"type": "string"}


def fewer(defs: dict[str, Any]) -> None:
    del defs["VideoReactionData"]["properties"]["actor_name"]


def test_a_field_that_was_there_is_missed_and_a_new_one_is_not(tmp_path: Path) -> None:
    [one] = check_schemas(baseline(tmp_path / "more", more))
    assert (one.severity, one.check, one.where, one.what) == (
        "error",
        "schema",
        "type VideoLiked",
        "$.data.mood: the field is gone",
    )
    assert check_schemas(baseline(tmp_path / "fewer", fewer)) == []


def test_a_breaking_change_is_not_exported_unless_it_is_meant(tmp_path: Path) -> None:
    directory = baseline(tmp_path, more)
    before = {path.name: path.read_bytes() for path in directory.iterdir()}
    with pytest.raises(NotificationError, match=r"VideoLiked: \$\.data\.mood: the field is gone"):
        export_schemas(directory)
    assert {path.name: path.read_bytes() for path in directory.iterdir()} == before
    export_schemas(directory, breaking=True)
    assert check_schemas(directory) == []


def test_a_type_of_event_that_is_gone_is_refused(tmp_path: Path) -> None:
    export_schemas(tmp_path)
    text = (tmp_path / "VideoLiked.schema.json").read_text()
    gone = text.replace("VideoLiked", "VideoSaved").replace("pavilion.video.liked.v1", "pavilion.video.saved.v1")
    (tmp_path / "VideoSaved.schema.json").write_text(gone)
    assert [one.what for one in check_schemas(tmp_path)] == ["pavilion.video.saved.v1 is gone"]
    with pytest.raises(NotificationError, match="is gone"):
        export_schemas(tmp_path)


# -- the command


def run(directory: Path, *arguments: str) -> tuple[int, str]:
    answer = invoke(["topology", "check", *arguments], {"PAVILION_DATA_DIR": str(directory)})
    return (answer.exit_code or int(answer.exception is not None)), answer.output


def test_the_command_is_content_without_a_log(tmp_path: Path) -> None:
    code, output = run(tmp_path)
    assert (code, output) == (0, "0 errors, 0 warnings in 5 agents; there is no log yet, `pavilion run` makes one\n")
    assert [*tmp_path.iterdir()] == []
    assert run(tmp_path, "--offline", "--json") == (0, '{"findings":[]}\n')


def test_the_command_says_a_line_for_each_finding_and_fails(tmp_path: Path) -> None:
    old = baseline(tmp_path / "old", more)
    code, output = run(tmp_path, "--offline", "--baseline", str(old))
    assert code == 1
    assert output.splitlines()[0] == (
        "error    schema             type VideoLiked: $.data.mood: the field is gone;"
        " keep it readable (a new field has a default), or make a type of the next version"
    )
    _, body = run(tmp_path, "--offline", "--json", "--baseline", str(old))
    assert json.loads(body)["findings"][0]["check"] == "schema"
    assert run(tmp_path, "--baseline", str(tmp_path / "none"))[0] == 1


def test_the_ten_types_are_checked_against_what_is_checked_in() -> None:
    assert {f"{kind.__name__}.schema.json" for kind in EVENT_TYPES} <= {path.name for path in DIRECTORY.iterdir()}
